import type { Offer, Watched } from '../../core/attempt/offer.ts';
import { type PortOpening, renderPortOpenings } from '../../core/door/port-opening.ts';
import type { LogEvent } from '../../core/event/event.ts';
import { renderEvent } from '../../core/event/render-event.ts';
import type { Address } from '../../core/net/address.ts';
import type { Instant } from '../../core/net/time.ts';
import type { Packet } from '../../core/packet/packet.ts';

/** What would happen. */
export type Outcome =
  | { readonly kind: 'event'; readonly event: LogEvent }
  | {
      readonly kind: 'would-open';
      readonly source: Address;
      readonly door: string;
      readonly ports: readonly PortOpening[];
      readonly seconds: number;
      readonly singleUse: boolean;
    }
  | {
      readonly kind: 'would-run';
      readonly source: Address;
      readonly door: string;
      readonly command: string;
    }
  | {
      readonly kind: 'would-close';
      readonly source: Address;
      readonly door: string;
      readonly ports: readonly PortOpening[];
      /** Unless a connection made through it lives. */
      readonly hold: boolean;
    };

/** Receives the steps of a simulation. */
export type RehearsalSink = {
  /** Called for each readable packet, before its results. The packet is valid only during the call. */
  readonly packet?: (
    packet: Packet,
    offer: Offer,
    watched: Watched,
    at: Instant,
    code: 'code-half' | 'code' | undefined,
  ) => void;
  readonly outcome: (outcome: Outcome, at: Instant) => void;
  readonly finish?: (counts: {
    readonly packets: number;
    readonly knocks: number;
    readonly openings: number;
  }) => void;
};

export function renderOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'event':
      return renderEvent(outcome.event);
    case 'would-open': {
      const { source, door, ports, seconds, singleUse } = outcome;
      const once = singleUse ? ', for one connection' : '';
      return `${source}: ${door}: would open ${renderPortOpenings(ports)} for ${seconds} s${once}`;
    }
    case 'would-run':
      return `${outcome.door}: would run: ${outcome.command}`;
    case 'would-close': {
      const { source, door, ports, hold } = outcome;
      const unless = hold ? ', unless a connection made through it lives' : '';
      return `${source}: ${door}: would close ${renderPortOpenings(ports)}${unless}`;
    }
    default:
      throw new Error(`an outcome without words: ${JSON.stringify(outcome satisfies never)}`);
  }
}

import { KnownSources } from '../../../core/budget/known-sources.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import { acceptsProof } from '../../../core/door/door.ts';
import type { UserProof } from '../../../core/door/proof-kind.ts';
import type { Event } from '../../../core/event/event.ts';
import { addressWords, familyOf } from '../../../core/net/address.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { Packet } from '../../../core/packet/packet.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { drawSecret } from '../packets/draw-secret.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { ProofCounters } from '../reporting/proof-counters.ts';
import type { SpaCounters } from '../reporting/spa-counters.ts';
import type { OnProof } from './on-proof.ts';
import type { PayloadLoopParts } from './payload-loop.ts';
import type { PayloadPacket } from './payload-packet.ts';
import { UseRecord } from './use-record.ts';

const KNOWN_PLACES = 65_536;

/** The number of past leases that tell, at a start, which sources are known. */
const KNOWN_FROM_HISTORY = 4096;

export type PayloadParts = {
  readonly inForce: ConfigInForce;
  readonly watch: KnockListener;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly keeper: LeaseKeeper;
  readonly signed: ProofCounters;
  readonly spa: SpaCounters;
  readonly ipv6: boolean;
  readonly report: (event: Event) => void;
};

/** Shared by all proofs that come as payloads: known sources and used proofs. It outlives the rings. */
export class PayloadSource {
  readonly parts: PayloadParts;
  readonly #secret = drawSecret();
  readonly #known = new KnownSources(KNOWN_PLACES, this.#secret);
  readonly #startedAt: Instant;
  #record: UseRecord | undefined;
  admit: OnProof = () => Promise.resolve({ kind: 'nothing' });

  constructor(parts: PayloadParts) {
    this.parts = parts;
    this.#startedAt = parts.clock.wall();
  }

  /** Read when a ring is first opened. */
  get record(): UseRecord {
    if (this.#record === undefined) {
      const { store, clock, keeper, report } = this.parts;
      const alongside = (write: () => void): Promise<void> => keeper.records.alongside(write);
      this.#record = new UseRecord({ store, clock, report, alongside }, this.#startedAt);
      this.#learnKnown();
    }
    return this.#record;
  }

  onOpened({ source }: PayloadPacket): void {
    this.#known.add(source);
  }

  loopParts(proof: UserProof): Omit<PayloadLoopParts, 'capture' | 'backlogLimit' | 'judge' | 'drainOthers'> {
    const { watch, inForce } = this.parts;
    let doors: readonly DoorSpec[] = [];
    let targets: readonly (readonly number[])[] = [];
    return {
      ...{ known: this.#known, secret: this.#secret },
      interfaces: watch.interfaces,
      bans: watch.bans,
      isTarget: (packet) => {
        if (doors !== inForce.current.doors) {
          doors = inForce.current.doors;
          targets = targetsOf(doors, proof);
        }
        return targets.some((target) => isTo(packet, target));
      },
    };
  }

  end(): void {
    this.#record?.end();
  }

  #learnKnown(): void {
    try {
      for (const { source } of this.parts.store.history(KNOWN_FROM_HISTORY)) this.#known.add(source);
    } catch {
      // Without the history no source is known yet. The read error has been reported.
    }
  }
}

const targetsOf = (doors: readonly DoorSpec[], proof: UserProof): readonly (readonly number[])[] =>
  doors.flatMap((door) =>
    door.target === undefined || !acceptsProof(door, proof)
      ? []
      : [[familyOf(door.target), ...addressWords(door.target)]],
  );

function isTo(
  { family, destination0, destination1, destination2, destination3 }: Packet,
  [ofFamily, w0, w1, w2, w3]: readonly number[],
): boolean {
  return (
    ofFamily === family &&
    w0 === destination0 &&
    w1 === destination1 &&
    w2 === destination2 &&
    w3 === destination3
  );
}

import { stepCode } from '../../attempt/door-index.ts';
import type { Door } from '../../door/door.ts';
import { PROTOCOL_NUMBER } from '../../net/protocol.ts';

/**
 * A knock at a port of another door, which is a wrong knock at this door. TCP and UDP differ in how copies are
 * recognised.
 */
export const WRONG_STEP = { tcp: -1, udp: -2 } as const;

export const isWrongStep = (step: number): boolean => step < 0;

/**
 * A knock as sent to another gateway. It names a place in the door's sequence instead of a port, so an eavesdropper
 * learns no port.
 */
export type SpreadHit = {
  /** The first place in the sequence where this knock is right, or one of `WRONG_STEP`. */
  readonly step: number;
  /** Milliseconds before the moment of the answer. */
  readonly age: number;
  /** The index of an earlier hit of which this is a retransmission. */
  readonly copyOf?: number;
};

/** The latest touch of a decoy port by a source. */
export type SpreadTouch = {
  /** Milliseconds before the moment of the answer. */
  readonly age: number;
  /** Identifies the port on that gateway alone: 1 to 65,535. 0: the source has touched two, and is in penalty. */
  readonly mark: number;
};

/** What one gateway has seen of a source that matters to one door. */
export type SpreadObservation = {
  /** The oldest first. */
  readonly hits: readonly SpreadHit[];
  readonly touch?: SpreadTouch;
};

export const NO_OBSERVATION: SpreadObservation = { hits: [] };

/** BOUNDED: hits in one observation; the newest ones. */
export const MAX_HITS = 64;

/** A door with a longer sequence cannot be spread: the place of a knock has one byte on the wire. */
export const MAX_SPREAD_STEPS = 254;

/** The first place in the sequence where each knock is right, by its `stepCode`. */
export function firstPlaces({ sequence }: Door): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const [place, { protocol, port }] of sequence.entries()) {
    const code = stepCode(PROTOCOL_NUMBER[protocol], port);
    if (!places.has(code)) places.set(code, place);
  }
  return places;
}

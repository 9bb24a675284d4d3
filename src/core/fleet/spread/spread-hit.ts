import { stepCode } from '../../attempt/door-index.ts';
import type { Door } from '../../door/door.ts';
import { PROTOCOL_NUMBER } from '../../net/protocol.ts';

/** Of a knock at a port of another door: at this door it is a wrong one. Copies of TCP and of UDP are told apart differently. */
export const WRONG_STEP = { tcp: -1, udp: -2 } as const;

export const isWrongStep = (step: number): boolean => step < 0;

/**
 * A knock as it is told to another gateway. It names a place in the door's sequence instead of a port, so nobody on the
 * way learns a port from it.
 */
export type SpreadHit = {
  /** The first place in the sequence where this knock is right, or one of `WRONG_STEP`. */
  readonly step: number;
  /** Milliseconds before the moment of the answer. */
  readonly age: number;
  /** It is the same packet as this earlier hit of the list: a retransmission. */
  readonly copyOf?: number;
};

/** The last time that a source has touched a decoy port. */
export type SpreadTouch = {
  /** Milliseconds before the moment of the answer. */
  readonly age: number;
  /** Which port: a number of 1 to 65,535 that means something on that gateway alone. 0: it has touched two, and is in penalty. */
  readonly mark: number;
};

/** What one gateway has seen of a source, as far as it matters at one door. */
export type SpreadObservation = {
  /** The oldest first. */
  readonly hits: readonly SpreadHit[];
  readonly touch?: SpreadTouch;
};

export const NO_OBSERVATION: SpreadObservation = { hits: [] };

/** Hits in one account; the newest ones. */
export const MAX_HITS = 64;

/** A door whose sequence is longer than this cannot be spread: the place of a knock is told in one byte. */
export const MAX_SPREAD_STEPS = 254;

/** Where in the sequence each knock is right for the first time, by its `stepCode`. */
export function firstPlaces({ sequence }: Door): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const [place, { protocol, port }] of sequence.entries()) {
    const code = stepCode(PROTOCOL_NUMBER[protocol], port);
    if (!places.has(code)) places.set(code, place);
  }
  return places;
}

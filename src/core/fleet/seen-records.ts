import { type Instant, type Millis, since } from '../net/time.ts';

/** How far the records of one start of a member's daemon have been accepted. Moments by this host's wall clock. */
export type SeenEpoch = {
  readonly member: string;
  readonly epoch: string;
  /** The highest accepted number. */
  readonly number: number;
  /** When the record was made, by the later of the two clocks. */
  readonly at: Instant;
};

/** BOUNDED: remembered starts of one member's daemon. Only a daemon in a restart loop has more. */
export const MAX_EPOCHS = 256;

/**
 * The numbers of accepted records: each is accepted once, and none that is older than an accepted one. A record older
 * than the fleet's window can open nothing, so its epoch may be forgotten. BOUNDED: by the members, `MAX_EPOCHS` each.
 */
export class SeenRecords {
  readonly #members = new Map<string, Map<string, SeenEpoch>>();

  constructor(seen: Iterable<SeenEpoch> = []) {
    for (const one of seen) this.#epochsOf(one.member).set(one.epoch, one);
  }

  /** Why the record is refused; `undefined`: it may be accepted. */
  whyNot(member: string, epoch: string, number: number): 'number' | 'epochs' | undefined {
    const epochs = this.#members.get(member);
    const seen = epochs?.get(epoch);
    if (seen !== undefined) return number > seen.number ? undefined : 'number';
    return (epochs?.size ?? 0) < MAX_EPOCHS ? undefined : 'epochs';
  }

  /** Whether a record of this start has been accepted. */
  knows(member: string, epoch: string): boolean {
    return this.#members.get(member)?.has(epoch) === true;
  }

  /** The record has been accepted. Returns what to store. */
  add(seen: SeenEpoch): SeenEpoch {
    const epochs = this.#epochsOf(seen.member);
    const before = epochs.get(seen.epoch);
    const kept = before === undefined || before.at < seen.at ? seen : { ...seen, at: before.at };
    epochs.set(seen.epoch, kept);
    return kept;
  }

  /** Forgets epochs without a record for this long, and returns them. */
  forget(now: Instant, older: Millis): readonly SeenEpoch[] {
    const gone: SeenEpoch[] = [];
    for (const epochs of this.#members.values())
      for (const seen of epochs.values())
        if (since(seen.at, now) > older) {
          epochs.delete(seen.epoch);
          gone.push(seen);
        }
    return gone;
  }

  *each(): Iterable<SeenEpoch> {
    for (const epochs of this.#members.values()) yield* epochs.values();
  }

  #epochsOf(member: string): Map<string, SeenEpoch> {
    const known = this.#members.get(member);
    if (known !== undefined) return known;
    const epochs = new Map<string, SeenEpoch>();
    this.#members.set(member, epochs);
    return epochs;
  }
}

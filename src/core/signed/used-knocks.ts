import { type Instant, instant, type Millis, millis } from '../net/time.ts';
import { CHALLENGE_LIFE_MS } from './challenges.ts';

/** A used signed knock. */
export type UsedKnock = {
  /** Its ephemeral key. */
  readonly id: Uint8Array;
  /** The sender's time; 0 with a challenge. */
  readonly time: Instant;
  /** By the wall clock: from then on its time is too old anyway. */
  readonly until: Instant;
};

/** The record that an earlier run left. `endedAt`: that run ended in order then, so none is missing. */
export type UseRecord = {
  readonly floor: Instant;
  readonly used: readonly UsedKnock[];
  readonly endedAt?: Instant;
};

/** How much longer than the clock window a record is kept. */
const SLACK_MS = 60_000;

/** BOUNDED: knocks remembered, about 12 MB. Only knocks with a valid signature are added. */
export const MAX_USED = 100_000;

/** Interval between two purges. */
const PURGE_MS = 10_000;

type Entry = UsedKnock & { readonly forgetAt: number };

/**
 * Which signed knocks have been used: none is accepted twice. Forgetting one raises the floor to its time, and no time
 * up to the floor is accepted, so setting the clock back does not make a knock valid again.
 */
export class UsedKnocks {
  /** By the first four bytes of the id. */
  readonly #entries = new Map<number, readonly Entry[]>();
  #size = 0;
  /** Times up to this one are refused. */
  #floor: Instant;
  readonly #gap: { readonly from: Instant; readonly to: Instant } | undefined;
  #purgedAt = Number.NEGATIVE_INFINITY;

  /**
   * `start`: of this process, by the wall clock. Without a complete record of earlier runs, nothing older is accepted.
   * With one, nothing is accepted from the time between its end and this start: no daemon was there to use it, unless the
   * record is an older copy.
   */
  constructor(record: UseRecord, start: Instant, sinceBoot: Instant) {
    const { endedAt } = record;
    this.#floor = instant(endedAt === undefined ? Math.max(record.floor, start) : record.floor);
    this.#gap = endedAt === undefined ? undefined : { from: endedAt, to: start };
    for (const one of record.used) this.add(one, sinceBoot);
  }

  /** Up to this time the record may not be complete for the next run. */
  get floor(): Instant {
    return instant(Math.max(this.#floor, this.#gap?.to ?? 0));
  }

  /**
   * Whether a knock of this time may have been used without being in the record. `unit`: of a time that was rounded
   * down.
   */
  isForgotten(time: Instant, unit: Millis = millis(0)): boolean {
    if (time <= this.#floor) return true;
    const end = time + unit;
    return this.#gap !== undefined && this.#gap.from < end && end <= this.#gap.to;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether the knock whose ephemeral key begins at `start` has been used. No allocation. */
  has(bytes: Uint8Array, start: number): boolean {
    const entries = this.#entries.get(headOf(bytes, start));
    return entries?.some(({ id }) => isAt(bytes, start, id)) === true;
  }

  /** Records a use. False: it was used before, or there is no room. `sinceBoot`: by the clock that cannot be set. */
  add(knock: UsedKnock, sinceBoot: Instant): boolean {
    if (this.has(knock.id, 0)) return false;
    if (this.#size >= MAX_USED && !this.#makeRoom(sinceBoot)) return false;
    const head = headOf(knock.id, 0);
    const entry = { ...knock, forgetAt: sinceBoot + CHALLENGE_LIFE_MS + SLACK_MS };
    this.#entries.set(head, [...(this.#entries.get(head) ?? []), entry]);
    this.#size++;
    return true;
  }

  /** Forgets outdated ones, by both clocks, because the wall clock may jump. Runs rarely. */
  purge(wall: Instant, sinceBoot: Instant): void {
    if (sinceBoot - this.#purgedAt < PURGE_MS) return;
    this.#purgedAt = sinceBoot;
    for (const [head, entries] of this.#entries) {
      const kept = entries.filter(({ until, forgetAt }) => until > wall || forgetAt > sinceBoot);
      if (kept.length === entries.length) continue;
      for (const entry of entries) if (!kept.includes(entry)) this.#forget(entry);
      if (kept.length === 0) this.#entries.delete(head);
      else this.#entries.set(head, kept);
    }
  }

  *each(): Generator<UsedKnock> {
    for (const entries of this.#entries.values()) yield* entries;
  }

  /** The floor keeps out old knocks with a time; one with a challenge must be too old itself. */
  #makeRoom(sinceBoot: Instant): boolean {
    for (const [head, entries] of this.#entries) {
      if (entries.some(({ time, forgetAt }) => time === 0 && forgetAt > sinceBoot)) continue;
      this.#entries.delete(head);
      for (const entry of entries) this.#forget(entry);
      return true;
    }
    return false;
  }

  #forget({ time }: Entry): void {
    this.#floor = instant(Math.max(this.#floor, time));
    this.#size--;
  }
}

/** Until when a knock with this time must be remembered. */
export function usedUntil(time: Instant, now: Instant, window: Millis): Instant {
  return instant(Math.max(time, now) + window + SLACK_MS);
}

function headOf(bytes: Uint8Array, start: number): number {
  return (
    ((bytes[start] as number) << 24) |
    ((bytes[start + 1] as number) << 16) |
    ((bytes[start + 2] as number) << 8) |
    (bytes[start + 3] as number)
  );
}

function isAt(bytes: Uint8Array, start: number, id: Uint8Array): boolean {
  for (let i = 0; i < id.length; i++) if (bytes[start + i] !== id[i]) return false;
  return true;
}

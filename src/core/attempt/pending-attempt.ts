import type { Door } from '../door/door.ts';
import { type Address, renderAddress } from '../net/address.ts';
import { type Instant, instant } from '../net/time.ts';
import { NO_SLOT, type Slot } from './attempt-row.ts';
import type { AttemptTable } from './attempt-table.ts';

/** A pending attempt, for display. */
export type PendingAttempt = {
  readonly source: Address;
  readonly door: string;
  /** Right knocks so far. */
  readonly stage: number;
  /** Knocks of the whole sequence. */
  readonly stages: number;
  /** Packet time of the first knock. */
  readonly since: Instant;
};

/** The newest attempts of each door, at most `each` per door and `limit` in all. */
export function* newestAttempts(
  table: AttemptTable,
  doors: readonly (Door | undefined)[],
  each: number,
  limit: number,
): Generator<PendingAttempt> {
  let left = limit;
  for (const [number, door] of doors.entries()) {
    let slot = door === undefined ? NO_SLOT : table.newest(number);
    for (let count = 0; door !== undefined && slot !== NO_SLOT && count < each; count++) {
      if (left-- <= 0) return;
      yield readPendingAttempt(table, slot, door);
      slot = table.older(slot);
    }
  }
}

function readPendingAttempt(table: AttemptTable, slot: Slot, door: Door): PendingAttempt {
  const words = [0, 1, 2, 3].map((index) => table.sourceWord(slot, index as 0 | 1 | 2 | 3));
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
  return {
    source: renderAddress(table.family(slot), w0, w1, w2, w3),
    door: door.name,
    stage: table.stage(slot),
    stages: door.sequence.length,
    since: instant(table.start(slot)),
  };
}

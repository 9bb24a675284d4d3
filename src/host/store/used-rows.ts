import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Instant, instant } from '../../core/net/time.ts';
import { MAX_USED, type UsedKnock } from '../../core/signed/used-knocks.ts';
import type { KnownUses, StoredUses } from './lease-store.ts';

/** Tells signed knocks from other proofs that may be stored here in future. */
const KIND = 'key';

const ID_BYTES = 32;

/** Instead of a run's name: it ended in order, at this time. */
const ENDED = /^ended (\d{1,15})$/;

/** Used signed knocks, in the tables `used` and `used_run`. */
export class UsedRows {
  readonly #select: StatementSync;
  readonly #run: StatementSync;
  readonly #setRun: StatementSync;
  readonly #insert: StatementSync;
  readonly #raiseFloor: StatementSync;
  readonly #forget: StatementSync;
  readonly #end: StatementSync;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare(
      `SELECT id, time, until FROM used WHERE kind = ? ORDER BY until DESC LIMIT ${MAX_USED}`,
    );
    this.#run = database.prepare('SELECT floor, run FROM used_run WHERE one = 1');
    this.#setRun = database.prepare(
      'INSERT INTO used_run VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET floor = max(floor, ?1), run = ?2',
    );
    this.#insert = database.prepare('INSERT OR REPLACE INTO used VALUES (?, ?, ?, ?)');
    this.#raiseFloor = database.prepare(
      `UPDATE used_run SET floor = max(floor, coalesce((SELECT max(time) FROM used WHERE until <= ?), 0)) WHERE one = 1`,
    );
    this.#forget = database.prepare('DELETE FROM used WHERE until <= ?');
    this.#end = database.prepare('UPDATE used_run SET run = ?2 WHERE one = 1 AND run = ?1');
  }

  /** A row that makes no sense is skipped; others may be missing then, too. */
  read(): StoredUses {
    const rows = this.#select.all(KIND).map(readRow);
    const used = rows.filter((row) => row !== undefined);
    const { floor, run } = this.#run.get() ?? { floor: 0, run: undefined };
    const ended = used.length === rows.length ? ENDED.exec(String(run))?.[1] : undefined;
    return {
      floor: instant(Number(floor)),
      used,
      ...(ended === undefined ? {} : { endedAt: instant(Number(ended)) }),
    };
  }

  /** Called within a transaction. */
  record(run: string, fresh: readonly UsedKnock[], known: KnownUses, now: Instant): void {
    const isKnown = this.#run.get()?.run === run;
    if (!isKnown) this.#setRun.run(known.floor, run);
    for (const { id, time, until } of isKnown ? fresh : known.each()) this.#insert.run(KIND, id, time, until);
    this.#raiseFloor.run(now);
    this.#forget.run(now);
  }

  end(run: string, now: Instant): void {
    this.#end.run(run, `ended ${Math.floor(now)}`);
  }
}

function readRow({ id, time, until }: Readonly<Record<string, unknown>>): UsedKnock | undefined {
  if (!(id instanceof Uint8Array) || id.length !== ID_BYTES) return undefined;
  return { id, time: instant(Number(time)), until: instant(Number(until)) };
}

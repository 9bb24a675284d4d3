import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { MAX_USED_CODES, type UsedCode } from '../../core/code/used-codes.ts';
import { parseAddress } from '../../core/net/address.ts';
import { instant } from '../../core/net/time.ts';
import type { KnownCodes, StoredCodes } from './lease-store.ts';

/** The last code of each user at each door, in the tables `used_code` and `used_code_run`. */
export class UsedCodeRows {
  readonly #select: StatementSync;
  readonly #run: StatementSync;
  readonly #setRun: StatementSync;
  readonly #insert: StatementSync;
  readonly #forgive: StatementSync;
  readonly #end: StatementSync;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare(
      `SELECT user, door, step, source, at FROM used_code ORDER BY step DESC LIMIT ${MAX_USED_CODES}`,
    );
    this.#run = database.prepare('SELECT floor, run FROM used_code_run WHERE one = 1');
    this.#setRun = database.prepare(
      'INSERT INTO used_code_run VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET floor = max(floor, ?1), run = ?2',
    );
    this.#insert = database.prepare(
      `INSERT INTO used_code VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user, door)
       DO UPDATE SET step = ?3, source = ?4, at = ?5 WHERE step <= ?3`,
    );
    this.#forgive = database.prepare('DELETE FROM used_code WHERE user = ?');
    this.#end = database.prepare("UPDATE used_code_run SET run = '' WHERE one = 1 AND run = ?");
  }

  /** A row that makes no sense is skipped; others may be missing then, too. */
  read(): StoredCodes {
    const rows = this.#select.all().map(readRow);
    const used = rows.filter((row) => row !== undefined);
    const { floor, run } = this.#run.get() ?? { floor: 0, run: undefined };
    return { floor: Number(floor), used, isWhole: run === '' && used.length === rows.length };
  }

  /** Called within a transaction. */
  record(run: string, fresh: readonly UsedCode[], known: KnownCodes): void {
    const isKnown = this.#run.get()?.run === run;
    if (!isKnown) this.#setRun.run(known.floor, run);
    for (const { user, door, step, source, at } of isKnown ? fresh : known.each())
      this.#insert.run(user, door, step, source, at);
  }

  forgive(user: string): void {
    this.#forgive.run(user);
  }

  end(run: string): void {
    this.#end.run(run);
  }
}

function readRow({ user, door, step, source, at }: Readonly<Record<string, unknown>>): UsedCode | undefined {
  const address = parseAddress(String(source));
  if (address === undefined || !Number.isSafeInteger(step) || !Number.isFinite(at)) return undefined;
  const [stepNumber, moment] = [Number(step), instant(Number(at))];
  return { user: String(user), door: String(door), step: stepNumber, source: address, at: moment };
}

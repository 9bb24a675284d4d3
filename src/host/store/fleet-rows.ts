import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { instant } from '../../core/net/time.ts';
import type { FleetRow, FleetRowName } from './lease-store.ts';

const KINDS = ['after', 'seen', 'done', 'ban'] as const satisfies readonly FleetRow['kind'][];

/** The table `fleet`. */
export class FleetRows {
  readonly #database: DatabaseSync;
  #insert: StatementSync | undefined;
  #delete: StatementSync | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Rows that no version writes are skipped. */
  read(): readonly FleetRow[] {
    const rows = this.#database.prepare('SELECT kind, name, value, at FROM fleet').all();
    return rows.flatMap(({ kind, name, value, at }) => {
      const known = KINDS.find((one) => one === kind);
      if (known === undefined) return [];
      return [{ kind: known, name: String(name), value: String(value), at: instant(Number(at)) }];
    });
  }

  /** Called within a transaction. The statements are made when there is a fleet. */
  record(put: readonly FleetRow[], drop: readonly FleetRowName[]): void {
    this.#insert ??= this.#database.prepare('INSERT OR REPLACE INTO fleet VALUES (?, ?, ?, ?)');
    this.#delete ??= this.#database.prepare('DELETE FROM fleet WHERE kind = ? AND name = ?');
    for (const { kind, name } of drop) this.#delete.run(kind, name);
    for (const { kind, name, value, at } of put) this.#insert.run(kind, name, value, at);
  }
}

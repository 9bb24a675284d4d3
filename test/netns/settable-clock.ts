import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkDirectory } from '../lab/knockd.ts';

/**
 * A wall clock that can be set, for the programs that start under its `prefix`: the machine's own goes on. The
 * clocks that count from the start of the machine are the real ones.
 */
export class SettableClock {
  readonly prefix: readonly string[];
  readonly #file: string;

  constructor(directory: WorkDirectory) {
    this.#file = directory.file('clock', '+0\n');
    this.prefix = [
      'env',
      `LD_PRELOAD=${findLibrary()}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#file}`,
      'FAKETIME_NO_CACHE=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
  }

  /** `offset` from the machine's clock, as faketime(1) has it: `-3600`, `+400d`. */
  set(offset: string): void {
    writeFileSync(`${this.#file}.new`, `${offset}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function findLibrary(): string {
  for (const place of ['/usr/lib', ...readdirSync('/usr/lib').map((name) => join('/usr/lib', name))]) {
    const library = join(place, 'faketime/libfaketime.so.1');
    if (existsSync(library)) return library;
  }
  throw new Error('libfaketime is missing: scripts/setup.sh test installs it');
}

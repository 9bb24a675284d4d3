import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ban, parseBan } from '../../../core/ban/ban-list.ts';
import { replaceFile } from '../../../host/files/replace-file.ts';

/** The file in the daemon's own directory, one ban per line. */
const FILE = 'bans';

/** Stores the bans across restarts. BOUNDED: by the ban list. */
export class BanFile {
  readonly path: string;

  constructor(directory: string) {
    this.path = join(directory, FILE);
  }

  /** `damaged`: numbers of lines that are not valid bans. Throws with the system's reason. */
  read(): { readonly bans: readonly Ban[]; readonly damaged: readonly number[] } {
    const bans: Ban[] = [];
    const damaged: number[] = [];
    for (const [index, line] of this.#lines().entries()) {
      const ban = parseBan(line);
      if (ban !== undefined) bans.push(ban);
      else if (line !== '') damaged.push(index + 1);
    }
    return { bans, damaged };
  }

  /**
   * Writes all bans, as `renderBan` renders each. The file is replaced completely or not at all. Throws with the
   * system's reason.
   */
  write(lines: readonly string[]): void {
    closeSync(openSync(this.path, 'a', 0o600));
    replaceFile(this.path, Buffer.from(lines.map((line) => `${line}\n`).join('')));
  }

  #lines(): readonly string[] {
    try {
      return readFileSync(this.path, 'latin1').split('\n');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

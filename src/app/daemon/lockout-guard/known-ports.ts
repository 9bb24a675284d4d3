import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { portsNotIn } from '../../../core/door/closed-ports.ts';
import { type PortOpening, parsePortOpening, renderPortOpening } from '../../../core/door/port-opening.ts';
import { replaceFile } from '../../../host/files/replace-file.ts';

/** The file in the daemon's own directory, one line per set of ports. */
const FILE = 'closed-ports';

/** The ports that the operator has agreed to close. BOUNDED: by the number of ports, since none is written twice. */
export class KnownPorts {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /** What cannot be read counts as not recorded: the question is asked again. */
  read(): PortOpening[] {
    try {
      return readFileSync(this.#path, 'latin1')
        .split('\n')
        .map(parsePortOpening)
        .filter((ports) => ports !== undefined);
    } catch {
      return [];
    }
  }

  /** Throws with the system's reason. */
  add(ports: readonly PortOpening[]): void {
    const known = this.read();
    const fresh = portsNotIn(ports, known);
    if (fresh.length === 0) return;
    const lines = [...known, ...fresh].map((one) => `${renderPortOpening(one)}\n`);
    closeSync(openSync(this.#path, 'a', 0o600));
    replaceFile(this.#path, Buffer.from(lines.join('')));
  }

  /** As if nothing had ever been closed. Throws with the system's reason. */
  forget(): void {
    rmSync(this.#path, { force: true });
  }
}

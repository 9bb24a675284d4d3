import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that vanishes with its test. */
export class TempDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'bussa-test-'));

  /** A name in it; with `text` the file is written, for its owner alone. */
  file(name: string, text?: string): string {
    const path = join(this.path, name);
    if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

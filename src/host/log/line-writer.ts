import { writeSync } from 'node:fs';

/**
 * Writes lines to a descriptor that may fail: a full disk, a pipe nobody reads. Nothing throws; lines that could not
 * be written are counted, and the count is said as soon as there is room.
 */
export class LineWriter {
  #lost = 0;
  /** Bytes of a line without its end stand at the end of the file. */
  #torn = false;

  /** `frame` makes of a text what is written, line end included. */
  write(fd: number, frame: (text: string) => string, text: string): void {
    // Both or neither: where there is room for the first alone, it would be all that is written.
    const before = this.#lost === 0 ? '' : frame(`${this.#lost} lines before this one could not be written`);
    if (this.#append(fd, before + frame(text))) this.#lost = 0;
    else this.#lost++;
  }

  #append(fd: number, line: string): boolean {
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    let written = 0;
    try {
      // A disk that is nearly full takes a part, and says so only when asked for the rest.
      while (written < bytes.length) written += writeSync(fd, bytes, written);
      this.#torn = false;
      return true;
    } catch {
      if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE;
      return false;
    }
  }
}

const NEWLINE = 0x0a;

import { writeSync } from 'node:fs';

/**
 * Writes lines to a descriptor that may fail: a full disk, or a pipe that nobody reads. Nothing throws. Lost lines are
 * counted, and the count is written as soon as there is room.
 */
export class LineWriter {
  #lost = 0;
  /** The file ends in an incomplete line. */
  #torn = false;

  /** `frame` turns a text into what is written, including the line end. */
  write(fd: number, frame: (text: string) => string, text: string): void {
    // Both or neither: if only the first one fitted, nothing else would be written.
    const before = this.#lost === 0 ? '' : frame(`${this.#lost} lines before this one could not be written`);
    if (this.#append(fd, before + frame(text))) this.#lost = 0;
    else this.#lost++;
  }

  #append(fd: number, line: string): boolean {
    const bytes = Buffer.from(this.#torn ? `\n${line}` : line);
    let written = 0;
    try {
      // A nearly full disk accepts a part, and reports the error only for the rest.
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

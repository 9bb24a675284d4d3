import { writeSync } from 'node:fs';
import { printable } from '../../core/event/printable.ts';

export const STDOUT = 1;
export const STDERR = 2;

/** How long it is before a pipe that is full is tried again. */
const FULL_MS = 5;

/**
 * Written at once, so that nothing is lost however the process ends; it waits for a reader that is slow. One that has
 * left, or a full disk, must not break the knocks off, and there is nowhere to tell.
 */
export function print(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      // Somebody who shares the pipe does not wait for it, and so we have to.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
    }
  }
}

/** Each of the lines by itself: what an argument, a file or the system says can neither end it nor move a cursor. */
export function printLines(fd: number, ...lines: readonly string[]): void {
  print(fd, lines.map((line) => `${printable(line)}\n`).join(''));
}

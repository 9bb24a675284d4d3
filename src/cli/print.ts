import { writeSync } from 'node:fs';
import { printable } from '../core/event/printable.ts';

export const STDOUT = 1;
export const STDERR = 2;

/**
 * Written at once, so that nothing is lost however the process ends. A reader that has left, or a full disk,
 * must not break the knocks off, and there is nowhere to tell.
 */
export function print(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // See above.
  }
}

/** Each of the lines by itself: what an argument, a file or the system says can neither end it nor move a cursor. */
export function printLines(fd: number, ...lines: readonly string[]): void {
  print(fd, lines.map((line) => `${printable(line)}\n`).join(''));
}

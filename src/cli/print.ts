import { writeSync } from 'node:fs';

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

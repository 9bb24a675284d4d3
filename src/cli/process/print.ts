import { writeSync } from 'node:fs';
import { printable } from '../../core/event/printable.ts';
import { describeRefusal } from '../../host/ffi/describe-refusal.ts';

export const STDOUT = 1;
export const STDERR = 2;

/** How long it is before a pipe that is full is retried. */
const FULL_MS = 5;

/** Why not all of the standard output could be written. */
let lost: NodeJS.ErrnoException | undefined;

/**
 * Written at once, so that nothing is lost however the process ends; it waits for a reader that is slow. One that has
 * left, or a full disk, must not break the knocks off: `reportLostOutput` tells of it at the end. Returns whether it was
 * written.
 */
export function print(fd: number, text: string): boolean {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code !== 'EAGAIN') {
        if (fd === STDOUT) lost ??= failure;
        return false;
      }
      // Somebody who shares the pipe does not wait for it, and so we have to.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
    }
  }
  return true;
}

/** Each of the lines by itself: what an argument, a file or the system says can neither end it nor move a cursor. */
export function printLines(fd: number, ...lines: readonly string[]): void {
  print(fd, lines.map((line) => `${printable(line)}\n`).join(''));
}

/** What is to be said of output that was lost. A reader that has left, `head` for one, has had what it wanted. */
export function reportLostOutput(): string | undefined {
  if (lost === undefined || lost.code === 'EPIPE') return undefined;
  return `standard output could not be written completely: ${describeRefusal(lost)}`;
}

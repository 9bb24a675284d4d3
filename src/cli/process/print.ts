import { writeSync } from 'node:fs';
import { printable } from '../../core/event/printable.ts';
import { describeRefusal } from '../../host/ffi/describe-refusal.ts';

export const STDOUT = 1;
export const STDERR = 2;

/** Delay before a write to a full pipe is retried. */
const FULL_MS = 5;

/** Why part of standard output could not be written. */
let lost: NodeJS.ErrnoException | undefined;

/**
 * Writes synchronously, so that nothing is lost however the process ends; waits for a slow reader. A reader that left
 * or a full disk must not interrupt the knocks: `reportLostOutput` reports it at the end. Returns whether it was
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
      // Another process that shares the pipe has made it non-blocking, so this one has to wait.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS);
    }
  }
  return true;
}

/** Prints each line separately. Control characters in the text are escaped. */
export function printLines(fd: number, ...lines: readonly string[]): void {
  print(fd, lines.map((line) => `${printable(line)}\n`).join(''));
}

/** The error about lost output. A reader that left on purpose, such as `head`, causes none. */
export function reportLostOutput(): string | undefined {
  if (lost === undefined || lost.code === 'EPIPE') return undefined;
  return `standard output could not be written completely: ${describeRefusal(lost)}`;
}

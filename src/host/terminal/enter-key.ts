import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { libc } from '../ffi/libc.ts';
import { type Readiness, watchReadable } from '../ffi/readiness.ts';

const STDIN = 0;

/** asm-generic/termbits.h */
const TCIFLUSH = 0;

/** Whether a user may be at standard input: it is a terminal, and this process is in its foreground. */
export function isAtTerminal(): boolean {
  return isatty(STDIN) && libc.tcgetpgrp(STDIN) === libc.getpgrp();
}

/**
 * Calls back once when Enter is pressed at the terminal on standard input. Earlier input does not count, and neither
 * does the end of the input or a closed terminal.
 */
export function watchEnterKey(onEnter: () => void): Readiness {
  libc.tcflush(STDIN, TCIFLUSH);
  const bytes = new Uint8Array(4096);
  const readiness = watchReadable(STDIN, () => {
    // A read in the background would stop the process (SIGTTIN), and its doors with it.
    const line = isAtTerminal() ? read(bytes) : '';
    readiness.close();
    if (line.includes('\n')) onEnter();
  });
  return readiness;
}

function read(bytes: Uint8Array): string {
  try {
    return Buffer.from(bytes.subarray(0, readSync(STDIN, bytes))).toString('latin1');
  } catch {
    // EIO: the terminal has been closed.
    return '';
  }
}

import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { libc } from '../ffi/libc.ts';
import { type Readiness, watchReadable } from '../ffi/readiness.ts';

const STDIN = 0;

/** asm-generic/termbits.h */
const TCIFLUSH = 0;

/** Whether somebody may sit at the standard input: a terminal, with this process in its foreground. */
export function isAtTerminal(): boolean {
  return isatty(STDIN) && libc.tcgetpgrp(STDIN) === libc.getpgrp();
}

/**
 * Calls back once when Enter is pressed at the terminal of the standard input, from now on: what was typed before does
 * not count. The end of the input, or of the terminal, is no Enter.
 */
export function watchEnterKey(onEnter: () => void): Readiness {
  libc.tcflush(STDIN, TCIFLUSH);
  const bytes = new Uint8Array(4096);
  const readiness = watchReadable(STDIN, () => {
    // In the background a read would stop the process (SIGTTIN), and its doors with it.
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
    // EIO: the terminal has gone.
    return '';
  }
}

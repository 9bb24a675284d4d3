import { writeSync } from 'node:fs';
import type { LogSink } from './log-sink.ts';

const STDOUT = 1;
const STDERR = 2;

/** Errors and warnings go to the standard error, and with `verbose` the rest to the standard output. */
export function openTerminalSink(verbose: boolean): LogSink {
  return {
    write: (level, line) => {
      if (level === 'error' || level === 'warning') writeLine(STDERR, line);
      else if (verbose || level === 'debug') writeLine(STDOUT, line);
    },
    reopen: () => undefined,
    close: () => undefined,
  };
}

/** A reader that has gone (EPIPE), or that does not keep up (EAGAIN), must not stop the daemon. */
function writeLine(fd: number, line: string): void {
  try {
    writeSync(fd, `${line}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE' && code !== 'EAGAIN' && code !== 'EIO') throw error;
  }
}

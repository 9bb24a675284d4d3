import { LineWriter } from './line-writer.ts';
import type { LogSink } from './log-sink.ts';

const STDOUT = 1;
const STDERR = 2;

/** Errors and warnings go to the standard error, and with `verbose` the rest to the standard output. */
export function openTerminalSink(verbose: boolean): LogSink {
  const output = new LineWriter();
  const errors = new LineWriter();
  return {
    write: (level, line) => {
      if (level === 'error' || level === 'warning') errors.write(STDERR, framed, line);
      else if (verbose || level === 'debug') output.write(STDOUT, framed, line);
    },
    reopen: () => undefined,
    close: () => undefined,
  };
}

/** A reader that has gone, or that does not keep up, must not stop the daemon. */
const framed = (line: string): string => `${line}\n`;

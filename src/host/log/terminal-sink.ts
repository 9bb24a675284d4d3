import { closeSync, constants, openSync } from 'node:fs';
import type { LogFormat } from '../../core/config/file/config.ts';
import { jsonFrame } from './json-frame.ts';
import { LineWriter } from './line-writer.ts';
import type { LogSink } from './log-sink.ts';

const STDOUT = 1;
const STDERR = 2;

/** Errors and warnings go to standard error and, with `verbose`, other lines to standard output. */
export function openTerminalSink(verbose: boolean, format: LogFormat = 'text'): LogSink {
  let stdout = openWithoutWaiting(STDOUT);
  let stderr = openWithoutWaiting(STDERR);
  const close = (): void => {
    if (stdout !== STDOUT) closeSync(stdout);
    if (stderr !== STDERR) closeSync(stderr);
  };
  const output = new LineWriter();
  const errors = new LineWriter();
  return {
    write: (level, line, fields) => {
      const frame = format === 'json' ? jsonFrame(level, line, fields) : framed;
      if (level === 'error' || level === 'warning') errors.write(stderr, frame, line);
      else if (verbose || level === 'debug') output.write(stdout, frame, line);
    },
    streamsReplaced: () => {
      close();
      stdout = STDOUT;
      stderr = STDERR;
    },
    close,
  };
}

/** A reader that left or does not keep up must not stop the daemon. */
const framed = (line: string): string => `${line}\n`;

/**
 * Opens the same pipe, terminal or file again with O_NONBLOCK, so that a write does not block. On the original
 * descriptor the flag would affect all processes that share it, such as the shell. A socket cannot be opened this way
 * and is used directly.
 */
function openWithoutWaiting(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}

import { closeSync, openSync } from 'node:fs';
import { LineWriter } from './line-writer.ts';
import type { LogSink } from './log-sink.ts';

/** Owner may read and write, group may read: the log tells who knocks. */
const LOG_MODE = 0o640;

/** Appends `[YYYY-MM-DD HH:MM] line` to a file, in local time, as knockd does. Throws if it cannot be opened. */
export function openFileSink(path: string): LogSink {
  let fd: number | undefined = openSync(path, 'a', LOG_MODE);
  const writer = new LineWriter();
  return {
    write: (_level, line) => {
      if (fd !== undefined) writer.write(fd, (text) => `[${minuteStamp(new Date())}] ${text}\n`, line);
    },
    reopen: () => {
      const next = openSync(path, 'a', LOG_MODE);
      if (fd !== undefined) closeSync(fd);
      fd = next;
    },
    close: () => {
      // By now the number may be another file's.
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

function minuteStamp(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date} ${two(now.getHours())}:${two(now.getMinutes())}`;
}

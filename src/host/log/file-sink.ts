import { closeSync, openSync, writeSync } from 'node:fs';
import type { LogSink } from './log-sink.ts';

/** Owner may read and write, group may read: the log tells who knocks. */
const LOG_MODE = 0o640;

/** Appends `[YYYY-MM-DD HH:MM] line` to a file, in local time, as knockd does. Throws if it cannot be opened. */
export function openFileSink(path: string): LogSink {
  let fd = openSync(path, 'a', LOG_MODE);
  let lost = 0;
  const append = (line: string): void => {
    writeSync(fd, `[${minuteStamp(new Date())}] ${line}\n`);
  };
  return {
    write: (_level, line) => {
      try {
        if (lost > 0) append(`${lost} lines before this one could not be written`);
        lost = 0;
        append(line);
      } catch {
        // A full disk must not stop the doors; the loss is said as soon as there is room.
        lost++;
      }
    },
    reopen: () => {
      const next = openSync(path, 'a', LOG_MODE);
      closeSync(fd);
      fd = next;
    },
    close: () => closeSync(fd),
  };
}

function minuteStamp(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date} ${two(now.getHours())}:${two(now.getMinutes())}`;
}

import { closeSync, openSync } from 'node:fs';
import type { LogFormat } from '../../core/config/file/config.ts';
import { jsonFrame } from './json-frame.ts';
import { LineWriter } from './line-writer.ts';
import type { LogSink } from './log-sink.ts';

/** The owner may read and write, the group may read: the log contains the addresses of visitors. */
const LOG_MODE = 0o640;

/**
 * Appends `[YYYY-MM-DD HH:MM] line` to a file, in local time, as knockd does, or a line of JSON. Throws if the file
 * cannot be opened.
 */
export function openFileSink(path: string, format: LogFormat = 'text'): LogSink {
  let fd: number | undefined = openSync(path, 'a', LOG_MODE);
  const writer = new LineWriter();
  return {
    file: path,
    write: (level, line, fields) => {
      if (fd !== undefined)
        writer.write(fd, format === 'json' ? jsonFrame(level, line, fields) : stamped, line);
    },
    close: () => {
      // The number may belong to another file by then.
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

const stamped = (text: string): string => `[${minuteStamp(new Date())}] ${text}\n`;

function minuteStamp(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date} ${two(now.getHours())}:${two(now.getMinutes())}`;
}

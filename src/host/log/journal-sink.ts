import { fstatSync } from 'node:fs';
import type { EventFields } from '../../core/event/event-fields.ts';
import type { LogLevel } from '../../core/event/render-event.ts';
import { UnixDatagrams } from '../ffi/unix-datagrams.ts';
import type { LogSink } from './log-sink.ts';

/** syslog.h. */
const PRIORITIES = { error: 3, warning: 4, notice: 5, debug: 7 } as const satisfies Record<LogLevel, number>;
const LOG_DAEMON = 3;

export const JOURNAL_SOCKET = '/run/systemd/journal/socket';

/**
 * systemd.exec(5): JOURNAL_STREAM has the device and inode of the standard error that systemd connected to the journal.
 */
export function isUnderJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

/**
 * Writes log lines with their values as journal fields (systemd.journal-fields(7)), one datagram per line: BUSSA_EVENT,
 * BUSSA_SOURCE, BUSSA_DOOR and so on. If the journal does not read, lines are lost and their number is reported later.
 */
export class JournalSink implements LogSink {
  readonly #debug: boolean;
  readonly #datagrams: UnixDatagrams;
  #lost = 0;

  /** Throws a `SystemCallError` if no socket can be opened. */
  constructor(debug: boolean, path = JOURNAL_SOCKET) {
    this.#debug = debug;
    this.#datagrams = new UnixDatagrams(path);
  }

  write(level: LogLevel, line: string, fields?: () => EventFields): void {
    if (level === 'debug' && !this.#debug) return;
    if (this.#lost > 0) {
      const text = `${this.#lost} lines before this one were lost: the journal did not accept them`;
      if (this.#datagrams.send(renderEntry('warning', text, undefined))) this.#lost = 0;
    }
    if (!this.#datagrams.send(renderEntry(level, line, fields?.()))) this.#lost++;
  }

  close(): void {
    this.#datagrams.close();
  }
}

/** The journal's native protocol: NAME=value, one per line. `printable` has removed line ends from values. */
function renderEntry(level: LogLevel, line: string, fields: EventFields | undefined): string {
  const own = Object.entries(fields ?? {}).map(([name, value]) => `${fieldName(name)}=${value}\n`);
  return `MESSAGE=${line}\nPRIORITY=${PRIORITIES[level]}\nSYSLOG_FACILITY=${LOG_DAEMON}\nSYSLOG_IDENTIFIER=knockd\n${own.join('')}`;
}

/** `hostName` becomes BUSSA_HOST_NAME. */
const fieldName = (name: string): string =>
  `BUSSA_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

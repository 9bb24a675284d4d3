import type { LogLevel } from '../../core/event/render-event.ts';
import { keptString, libc } from '../ffi/libc.ts';
import type { LogSink } from './log-sink.ts';

/** syslog.h. */
const LOG_DAEMON = 3 << 3;
const PRIORITIES = { error: 3, warning: 4, notice: 5, debug: 7 } as const satisfies Record<LogLevel, number>;

/** openlog(3) keeps the pointer and not the text. */
const identity = keptString('knockd');

/** libc's syslog, under the name and facility that Debian's knockd uses. */
export function openSyslogSink(): LogSink {
  libc.openlog(identity, 0, LOG_DAEMON);
  return {
    write: (level, line) => libc.syslog(PRIORITIES[level], '%s', 'str', line),
    reopen: () => undefined,
    // The connection is libc's, one for the process: another sink may have been opened on it by now.
    close: () => undefined,
  };
}

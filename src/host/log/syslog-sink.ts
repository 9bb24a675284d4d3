import type { LogFormat } from '../../core/config/file/config.ts';
import type { EventFields } from '../../core/event/event-fields.ts';
import type { LogLevel } from '../../core/event/render-event.ts';
import { libc, persistentString } from '../ffi/libc.ts';
import { jsonFrame } from './json-frame.ts';
import type { LogSink } from './log-sink.ts';

/** syslog.h. */
const LOG_DAEMON = 3 << 3;
const PRIORITIES = { error: 3, warning: 4, notice: 5, debug: 7 } as const satisfies Record<LogLevel, number>;

/** Lines that wait for a blocked syslog. More are lost, and counted. */
const MAX_WAITING = 1000;

type Line = { readonly level: LogLevel; readonly text: string };

/** openlog(3) keeps the pointer, not the text. */
const identity = persistentString('knockd');

/**
 * libc's syslog, with the name and facility of Debian's knockd. It blocks while the system's log does not read, so it
 * runs on a thread, one line at a time: only the log is delayed. BOUNDED: by `MAX_WAITING` lines.
 */
export class SyslogSink implements LogSink {
  readonly #waiting: Line[] = [];
  readonly #format: LogFormat;
  #lost = 0;
  #busy = false;
  #onIdle: (() => void) | undefined;

  constructor(format: LogFormat = 'text') {
    this.#format = format;
    libc.openlog(identity, 0, LOG_DAEMON);
  }

  write(level: LogLevel, line: string, fields?: () => EventFields): void {
    const text = this.#format === 'json' ? jsonFrame(level, line, fields)(line).trimEnd() : line;
    if (this.#waiting.length >= MAX_WAITING) this.#lost++;
    else this.#waiting.push({ level, text });
    this.#sendNext();
  }

  /** Resolves when all lines have been accepted. */
  async flush(): Promise<void> {
    if (this.#busy) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** libc has one connection per process, which another sink may be using now. */
  close(): void {}

  #sendNext(): void {
    if (this.#busy) return;
    const line = this.#lostLine() ?? this.#waiting.shift();
    if (line === undefined) {
      this.#onIdle?.();
      return;
    }
    this.#busy = true;
    libc.syslogAsync(PRIORITIES[line.level], '%s', line.text, () => {
      this.#busy = false;
      this.#sendNext();
    });
  }

  #lostLine(): Line | undefined {
    if (this.#lost === 0 || this.#waiting.length > 0) return undefined;
    const text = `${this.#lost} lines before this one were lost: syslog did not accept them`;
    this.#lost = 0;
    return { level: 'warning', text };
  }
}

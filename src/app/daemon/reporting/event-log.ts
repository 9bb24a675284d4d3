import type { LogEvent } from '../../../core/event/event.ts';
import { eventFields } from '../../../core/event/event-fields.ts';
import { LineBudget } from '../../../core/event/line-budget.ts';
import { printableLine } from '../../../core/event/printable.ts';
import { eventLevel, type LogLevel, renderEvent } from '../../../core/event/render-event.ts';
import type { LogSink } from '../../../host/log/log-sink.ts';
import { inTime } from '../../../host/serial/in-time.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { NameLookup } from './name-lookup.ts';

/** Limit for lines of one kind at one door. Openings are rarer and matter more than stages. */
const SORT_RATE = { burst: 500, perSecond: 10 };
const OPENING_RATE = { burst: 10_000, perSecond: 50 };
/** Limit for everything that strangers can cause, at all doors together: some 100 MB a day in any flood. */
const NOISE_RATE = { burst: 2000, perSecond: 20 };
/** Limit for identical lines. */
const EQUAL_RATE = { burst: 20, perSecond: 1 };
const MAX_SORTS = 4096;
const MAX_EQUAL = 4096;
/** Limit for refused signed knocks: one line per source and minute. */
const REFUSED_RATE = { burst: 1, perSecond: 1 / 60 };
const MAX_REFUSED = 4096;
/** Interval of reports on suppressed lines. */
const REPORT_MS = 10_000;

const OPENING_KINDS: ReadonlySet<LogEvent['kind']> = new Set([
  'completed',
  'opened',
  'closed',
  'running',
  'command-timeout',
  'adopted',
  'ordered',
]);

/** Events that anyone can cause who knows no sequence, or only its beginning. */
const NOISE_KINDS: ReadonlySet<LogEvent['kind']> = new Set([
  'stage',
  'failed',
  'expired',
  'evicted',
  'withheld',
  'scan',
  'proof-refused',
]);

/** Maximum wait at the end for a log that does not accept its lines. */
const FLUSH_MS = 1000;

/** Delay before a log file that could not be opened is tried again. */
const AGAIN_MS = 10_000;

const DEBUG_KINDS: ReadonlySet<LogEvent['kind']> = new Set(['failed', 'evicted', 'debug']);

export type LogSinks = {
  /** The main log: a file or syslog. */
  readonly log: readonly LogSink[];
  readonly terminal: LogSink;
};

/** Writes events as knockd's log lines. A flood of lines is counted instead of written. */
export class EventLog {
  #sinks: LogSinks;
  readonly #debug: boolean;
  readonly #names: NameLookup | undefined;
  readonly #sorts = new LineBudget(SORT_RATE, MAX_SORTS);
  readonly #openings = new LineBudget(OPENING_RATE, MAX_SORTS);
  readonly #noise = new LineBudget(NOISE_RATE, 1);
  readonly #refused = new LineBudget(REFUSED_RATE, MAX_REFUSED);
  readonly #equal = new LineBudget(EQUAL_RATE, MAX_EQUAL);
  #report: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  /** Lines that wait for a host name, in order. */
  #waiting = 0;
  readonly #lines = new SerialQueue();

  constructor(sinks: LogSinks, options: { readonly debug: boolean; readonly names?: NameLookup }) {
    this.#sinks = sinks;
    this.#debug = options.debug;
    this.#names = options.names;
  }

  get debug(): boolean {
    return this.#debug;
  }

  /**
   * Whether a line of this sort, an event of `kind` at one door, would be written now; if not, it is counted. `now`:
   * monotonic, in ms.
   */
  admits(kind: LogEvent['kind'], sort: string, now: number): boolean {
    if (DEBUG_KINDS.has(kind) && !this.#debug) return false;
    const budget = OPENING_KINDS.has(kind) ? this.#openings : this.#sorts;
    const admitted =
      budget.admit(sort, () => sort, now) &&
      (!NOISE_KINDS.has(kind) || this.#noise.admit(0, () => 'lines of all doors', now));
    if (!admitted) this.#reportLater();
    return admitted;
  }

  /** Writes an event, unless there were too many of its kind at its door. */
  report(event: LogEvent): void {
    const now = performance.now();
    if ('door' in event && !this.admits(event.kind, `${event.door}: ${event.kind}`, now)) return;
    if (event.kind === 'proof-refused') {
      const { kind, source } = event;
      if (!this.#refused.admit(source, () => source, now) || !this.admits(kind, 'signed knocks', now)) return;
    }
    this.write(event);
  }

  /** Writes an event that was admitted, or that cannot come in floods. */
  write(event: LogEvent): void {
    const level = eventLevel(event);
    if (level === 'debug' && !this.#debug) return;
    const name =
      this.#names !== undefined && 'source' in event ? this.#names.lookUp(event.source) : undefined;
    if (name === undefined && this.#waiting === 0) {
      this.#writeLine(level, event, undefined);
      return;
    }
    this.#waiting += 1;
    void this.#lines.take(async () => {
      this.#writeLine(level, event, await name);
      this.#waiting -= 1;
    });
  }

  /** `again`: called once, later, unless the sinks are replaced before that. */
  replaceSinks(sinks: LogSinks, again?: () => void): void {
    this.#sinks = sinks;
    clearTimeout(this.#again);
    this.#again = again === undefined ? undefined : setTimeout(again, AGAIN_MS).unref();
  }

  /** The daemon has gone into the background: the terminal or pipe belongs to its caller again. */
  leaveTerminal(): void {
    this.#sinks.terminal.streamsReplaced?.();
  }

  get sinks(): LogSinks {
    return this.#sinks;
  }

  /** Writes what is pending, and closes the sinks. */
  async close(): Promise<void> {
    while (this.#waiting > 0) await this.#lines.take(() => Promise.resolve());
    clearTimeout(this.#report);
    clearTimeout(this.#again);
    this.#reportCounts();
    const sinks = [...this.#sinks.log, this.#sinks.terminal];
    await inTime(Promise.all(sinks.map((sink) => sink.flush?.())), FLUSH_MS);
    for (const sink of sinks) sink.close();
  }

  #writeLine(level: LogLevel, event: LogEvent, name: string | undefined): void {
    const line = renderEvent(event, name);
    if (event.kind !== 'suppressed' && !this.#equal.admit(line, () => line, performance.now())) {
      this.#reportLater();
      return;
    }
    const fields = () => eventFields(event, name);
    if (level !== 'debug') for (const sink of this.#sinks.log) sink.write(level, line, fields);
    this.#sinks.terminal.write(level, terminalLine(event, line), fields);
  }

  #reportLater(): void {
    this.#report ??= setTimeout(() => this.#reportCounts(), REPORT_MS).unref();
  }

  #reportCounts(): void {
    this.#report = undefined;
    for (const budget of [this.#sorts, this.#openings, this.#noise, this.#equal]) {
      for (const { what, count } of budget.drainCounts()) {
        this.#writeLine('notice', { kind: 'suppressed', what, count }, undefined);
      }
    }
  }
}

/** knockd prints other words to the terminal when it starts and stops. */
function terminalLine(event: LogEvent, line: string): string {
  if (event.kind === 'listening') return printableLine(`listening on ${event.on}...`);
  if (event.kind === 'stopping') return 'closing...';
  return line;
}

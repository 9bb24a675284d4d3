import { UnixDatagrams } from '../ffi/unix-datagrams.ts';

type Environment = Record<string, string | undefined>;

/**
 * The client side of sd_notify(3): tells systemd when the daemon listens, what it does, and that it is alive. Without
 * systemd it does nothing. Removes its variables from `environment`, so that commands do not inherit them.
 */
export class ServiceManager {
  readonly #socket: UnixDatagrams | undefined;
  readonly #sinceBootMicros: () => bigint;
  /** The longest allowed interval between watchdog messages; undefined: none are expected. */
  readonly watchdogMs: number | undefined;

  constructor(environment: Environment, pid: number, sinceBootMicros = monotonicMicros) {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC: interval, WATCHDOG_PID: watched } = environment;
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
    this.#socket = open(path);
    this.#sinceBootMicros = sinceBootMicros;
    const micros = watched === undefined || watched === String(pid) ? Number(interval) : Number.NaN;
    this.watchdogMs = this.#socket !== undefined && micros > 0 ? micros / 1000 : undefined;
  }

  get isThere(): boolean {
    return this.#socket !== undefined;
  }

  ready(status: string): void {
    this.#notify('READY=1', `STATUS=${status}`);
  }

  reloading(): void {
    this.#notify(
      'RELOADING=1',
      `MONOTONIC_USEC=${this.#sinceBootMicros()}`,
      'STATUS=reloading the configuration',
    );
  }

  stopping(): void {
    this.#notify('STOPPING=1', 'STATUS=closing the doors');
  }

  status(text: string): void {
    this.#notify(`STATUS=${text}`);
  }

  alive(status: string): void {
    this.#notify('WATCHDOG=1', `STATUS=${status}`);
  }

  close(): void {
    this.#socket?.close();
  }

  #notify(...lines: readonly string[]): void {
    this.#socket?.send(lines.join('\n'));
  }
}

/** A daemon works even if its manager cannot be reached. */
function open(path: string | undefined): UnixDatagrams | undefined {
  if (path === undefined || !/^[@/]./.test(path)) return undefined;
  try {
    return new UnixDatagrams(path);
  } catch {
    return undefined;
  }
}

/** CLOCK_MONOTONIC, which process.hrtime uses. */
const monotonicMicros = (): bigint => process.hrtime.bigint() / 1000n;

import { writeSync } from 'node:fs';
import { renderDiagnostic } from '../../core/config/diagnostic.ts';
import { exitNow } from '../../host/ffi/exit-now.ts';
import { LibpcapError } from '../../host/ffi/libpcap.ts';
import { SystemCallError } from '../../host/ffi/system-call-error.ts';
import { tightenUmask } from '../../host/process/callers-umask.ts';
import { hasCapability } from '../../host/system/capabilities.ts';
import { holdPiped } from '../../host/system/descriptor-path.ts';
import { nameProcess } from '../../host/system/process-name.ts';
import { releaseMemory } from '../../host/system/release-memory.ts';
import { ServiceManager } from '../../host/system/service-manager.ts';
import type { Daemon } from './daemon.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { loadConfig } from './load-config.ts';
import { LockOutError } from './lock-out.ts';
import { narrowPrivileges } from './narrow-privileges.ts';
import { AlreadyRunningError } from './open-state.ts';
import { ServiceNotice } from './service-notice.ts';

/** sysexits.h, and 1 for what has no number of its own. */
export const DAEMON_EXIT = { ok: 0, failed: 1, software: 70, permission: 77, config: 78 } as const;

const STDERR = 2;

/** After it listens: what a start takes is over by then. */
const SETTLED_MS = 1000;

export type DaemonExit = (typeof DAEMON_EXIT)[keyof typeof DAEMON_EXIT];

/**
 * Runs the daemon until a signal ends it. `complain` takes lines for the person who started it; `onListening` is
 * called when packets are heard. Returns the exit status.
 */
export async function runDaemon(
  options: DaemonOptions,
  complain: (line: string) => void,
  onListening: (daemon: Daemon) => void,
): Promise<DaemonExit> {
  holdPiped(options.configFile);
  const loaded = loadConfig(options.configFile);
  if (loaded.kind === 'bad') {
    for (const diagnostic of loaded.diagnostics) complain(renderDiagnostic(diagnostic));
    return DAEMON_EXIT.config;
  }
  if (!hasCapability('CAP_NET_RAW')) {
    complain(
      'knockd: watching the network needs the capability CAP_NET_RAW, which this process does not have: ' +
        'start it as root, or see `npm start` for how to grant it',
    );
    return DAEMON_EXIT.permission;
  }
  const narrowing = narrowPrivileges(options, loaded.config);
  if (narrowing.kind === 'refused') {
    complain(`knockd: cannot start: ${narrowing.reason}`);
    return DAEMON_EXIT.failed;
  }
  tightenUmask();
  nameProcess('knockd');
  const ended = Promise.withResolvers<DaemonExit>();
  const manager = new ServiceManager(process.env, process.pid);
  const early = new EarlySignals();
  let daemon: Daemon;
  try {
    // Not before the privileges are what they are to be: this process may have been another until then.
    const { Daemon } = await import('./daemon.ts');
    const warnings = [...loaded.warnings.map(renderDiagnostic), ...narrowing.warnings];
    daemon = new Daemon({ ...options, narrowed: narrowing.narrowed }, loaded.config, warnings);
    await daemon.start();
  } catch (error) {
    if (error instanceof LockOutError) {
      complain(`bussa: ${error.message}`);
      return DAEMON_EXIT.failed;
    }
    if (!isRefusal(error)) throw error;
    complain(`knockd: cannot start: ${error.message}`);
    return error instanceof SystemCallError && error.code === 'EPERM'
      ? DAEMON_EXIT.permission
      : DAEMON_EXIT.failed;
  }
  early.handTo(daemon, new ServiceNotice(manager, () => daemon.summary), ended.resolve);
  onListening(daemon);
  setTimeout(releaseMemory, SETTLED_MS).unref();
  return ended.promise;
}

/** What the machine has against a start, in words for the person who asked for it. Anything else is our own bug. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof SystemCallError || error instanceof AlreadyRunningError || error instanceof LibpcapError
  );
}

/** Signals may come before the daemon is there: they are kept for it. */
class EarlySignals {
  #daemon: Daemon | undefined;
  #notice: ServiceNotice | undefined;
  #resolve: ((exit: DaemonExit) => void) | undefined;
  #wanted: 'nothing' | 'stop' = 'nothing';
  #stopping = false;
  #reloading = false;
  /** One after the other. */
  #reloads = Promise.resolve();

  constructor() {
    // Node.js opens a debugger on this signal unless somebody listens to it.
    process.on('SIGUSR1', () => undefined);
    process.on('SIGHUP', () => this.#reloadSoon());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop());
    process.on('uncaughtException', (error) => this.#crash(error));
  }

  handTo(daemon: Daemon, notice: ServiceNotice, resolve: (exit: DaemonExit) => void): void {
    this.#daemon = daemon;
    this.#notice = notice;
    notice.ready();
    daemon.onSummary = () => notice.changed();
    this.#resolve = resolve;
    if (this.#wanted === 'stop') this.#stop();
    void daemon.unconfirmed?.then(() => this.#stop(DAEMON_EXIT.failed));
  }

  /** However many of them come at once, the file is read once; a stop goes before. */
  #reloadSoon(): void {
    if (this.#reloading) return;
    this.#reloading = true;
    setImmediate(() => {
      this.#reloading = false;
      this.#reloads = this.#reloads.then(async () => {
        if (this.#stopping) return;
        this.#notice?.reloading();
        await this.#daemon?.reload();
        if (!this.#stopping) this.#notice?.ready();
      });
    });
  }

  #stop(exit: DaemonExit = DAEMON_EXIT.ok): void {
    this.#wanted = 'stop';
    if (this.#daemon === undefined || this.#stopping) return;
    this.#stopping = true;
    void this.#end(this.#daemon, exit);
  }

  /** A bug of ours: the process ends, and says of what, but the doors close first. */
  #crash(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (this.#daemon === undefined || this.#stopping) {
      writeSync(STDERR, `knockd: ${text}\n`);
      exitNow(DAEMON_EXIT.software);
    }
    this.#stopping = true;
    this.#daemon.reportError(`this is a bug in Bussa, and the daemon ends: ${text}`);
    void this.#end(this.#daemon, DAEMON_EXIT.software);
  }

  async #end(daemon: Daemon, exit: DaemonExit): Promise<void> {
    this.#notice?.stopping();
    const closed = await daemon.stop();
    this.#resolve?.(closed || exit !== DAEMON_EXIT.ok ? exit : DAEMON_EXIT.failed);
  }
}

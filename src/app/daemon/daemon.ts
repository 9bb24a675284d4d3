import { join } from 'node:path';
import { AttemptEngine, DEFAULT_LIMITS } from '../../core/attempt/attempt-engine.ts';
import type { Completion } from '../../core/attempt/completion.ts';
import type { Config, InterfaceChoice, Settings } from '../../core/config/config.ts';
import { compileAdmission } from '../../core/door/admission.ts';
import type { Door } from '../../core/door/door.ts';
import type { Event } from '../../core/event/event.ts';
import type { Capture } from '../../host/capture/capture.ts';
import { openRingCapture } from '../../host/capture/ring-capture.ts';
import { openSystemClock } from '../../host/clock/clock.ts';
import type { ControlServer } from '../../host/control/control-server.ts';
import { FirewallLock } from '../../host/firewall/firewall-lock.ts';
import { CommandRunner } from '../../host/process/command-runner.ts';
import { HookRunner } from '../../host/process/hook-runner.ts';
import { UnavailableLeaseStore } from '../../host/store/unavailable-lease-store.ts';
import { closeAll, STOP_MS } from './close-all.ts';
import { openControl } from './control.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { DoorKeeper } from './door-keeper.ts';
import { drawSecret } from './draw-secret.ts';
import type { EventLog } from './event-log.ts';
import { gatesOf } from './gates-of.ts';
import { Hooks } from './hooks.ts';
import { InterfaceWatch } from './interface-watch.ts';
import { judgeReload } from './judge-reload.ts';
import { KnockLoop } from './knock-loop.ts';
import { NativeDoors } from './native-doors.ts';
import { useUpSequence, watchableDoors } from './one-time-doors.ts';
import { openEventLog } from './open-event-log.ts';
import { openFirewallAlone } from './open-firewall.ts';
import { logTargets, reopenLog } from './open-sinks.ts';
import { openState, type State, stateName } from './open-state.ts';
import { PidFile } from './own-pid-file.ts';
import { OwnerGuard } from './owner-guard.ts';
import { renderSummary } from './render-summary.ts';
import { ScanWatch } from './scan-watch.ts';
import { takeOverOrphans } from './take-over.ts';

/** Between two looks at the commands that another daemon, now dead, has started. */
const ADOPT_AGAIN_MS = 1000;

/** A daemon that listens. */
export class Daemon {
  readonly #options: DaemonOptions;
  #config: Config;
  readonly #log: EventLog;
  readonly #stateName: string;
  readonly #state: State;
  readonly #clock = openSystemClock();
  #adoptTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  readonly #capture: Capture;
  readonly #interfaces: InterfaceWatch;
  readonly #scans: ScanWatch;
  readonly #engine: AttemptEngine;
  readonly #native: NativeDoors;
  readonly #hooks: Hooks;
  readonly #keeper: DoorKeeper;
  readonly #loop: KnockLoop;
  /** Undefined where nobody is to be guarded against himself. */
  readonly #guard: OwnerGuard | undefined;
  readonly #pidFile: PidFile;
  #control: ControlServer | undefined;
  #doors: readonly Door[];
  readonly #report = (event: Event): void => this.#log.report(event);
  readonly #firewallLock = new FirewallLock((text) => this.#report({ kind: 'warning', text }));
  readonly #openFirewall = openFirewallAlone(this.#firewallLock);

  /** Opens everything that listening takes, or nothing. Throws what the system or another daemon has against it. */
  constructor(options: DaemonOptions, config: Config, warnings: readonly string[]) {
    this.#options = options;
    this.#config = config;
    this.#log = openEventLog(config.settings, options, warnings);
    this.#doors = watchableDoors(config.doors, this.#report);
    this.#stateName = stateName(options.configFile, options.interfaces?.text);
    const setFilter = (filter: string): void => this.#capture.setFilter(filter);
    this.#scans = new ScanWatch(drawSecret(), options.ipv6, setFilter, this.#report);
    this.#scans.adopt(this.#scans.prepare(this.#doors, config.settings));
    this.#capture = openRingCapture(this.#scans.filter);
    try {
      this.#state = openState(options.stateDirectory, this.#stateName, this.#report);
    } catch (error) {
      this.#capture.close();
      throw error;
    }
    this.#interfaces = new InterfaceWatch(this.#interfaceChoice(config), this.#report);
    this.#engine = new AttemptEngine(this.#doors, this.#scans.secret, DEFAULT_LIMITS, this.#scans.guard);
    this.#native = new NativeDoors({
      openFirewall: (settings) => this.#guard?.openFirewall(settings) ?? this.#openFirewall(settings),
      clock: this.#clock,
      leases: () => this.#keeper.leases(),
      report: this.#report,
    });
    this.#guard = this.#openGuard();
    this.#pidFile = new PidFile(options, this.#report);
    const directory = options.background ? '/' : undefined;
    this.#hooks = new Hooks(config, new HookRunner(directory), this.#report);
    this.#keeper = new DoorKeeper({
      ...this.#state,
      native: this.#native,
      clock: this.#clock,
      runner: new CommandRunner(directory),
      report: this.#report,
      tell: (occasion) => void this.#hooks.tell(occasion),
    });
    this.#loop = new KnockLoop({
      capture: this.#capture,
      engine: this.#engine,
      interfaces: this.#interfaces,
      log: this.#log,
      scans: this.#scans,
      onCompletion: (completion) => this.#complete(completion),
    });
  }

  /** Begins to listen, and closes what an earlier run has left open. */
  async start(): Promise<void> {
    this.#interfaces.start();
    await this.#guard?.prepare();
    this.#control = await openControl(this.#ownDirectory, this.#guard, this.#report);
    this.#adopt();
    await this.#native.install(gatesOf(this.#config), this.#config.settings);
    this.#loop.start();
    if (this.#options.background) this.#pidFile.write(this.#config.settings);
    this.#report({ kind: 'listening', on: this.#interfaces.listeningOn });
    void this.#hooks.tell({ event: 'start' });
    if (this.#log.debug) {
      this.#report({ kind: 'debug', text: `capture filter: ${this.#scans.filterWithoutSecret}` });
    }
    this.#guard?.begin();
  }

  /** One line of what it does now. */
  get summary(): string {
    return renderSummary(this.#interfaces.listeningOn, this.#doors.length, this.#keeper.leases().length);
  }

  /** Resolves when nobody has confirmed in time: all that is closed has to be undone. */
  get unconfirmed(): Promise<void> | undefined {
    return this.#guard?.unconfirmed;
  }

  /** Reads the configuration again. A bad one changes nothing. */
  async reload(): Promise<void> {
    const file = this.#options.configFile;
    this.#report({ kind: 'reloading', file });
    const judged = await judgeReload(file, this.#guard, this.#options.narrowed === true);
    if (this.#isStopping) return;
    if (judged.kind === 'bad') {
      this.#refuseReload(judged.lines, judged.mistakes);
      return;
    }
    const { config } = judged;
    for (const text of judged.warnings) this.#report({ kind: 'warning', text });
    try {
      this.#replaceDoors(watchableDoors(config.doors, this.#report), config.settings);
    } catch (error) {
      // More doors than the kernel's filter can hold, for one.
      this.#refuseReload([(error as Error).message], 0);
      return;
    }
    reopenLog(this.#log, logTargets(config.settings, this.#options));
    const choice = this.#interfaceChoice(config);
    if (JSON.stringify(choice) !== JSON.stringify(this.#interfaceChoice(this.#config))) {
      this.#attempt(() => this.#interfaces.choose(choice));
    }
    this.#config = config;
    this.#hooks.replaceConfig(config);
    this.#keeper.replaceDoors(config.doors);
    void this.#native.install(gatesOf(config), config.settings);
    this.#report({ kind: 'listening', on: this.#interfaces.listeningOn });
  }

  /** What this daemon left open in an earlier life, and what others left that will not come back for it. */
  #adopt(): void {
    const directory = this.#options.stateDirectory;
    const again = takeOverOrphans(directory, this.#stateName, this.#state, this.#clock, this.#report);
    this.#keeper.adopt(this.#config.doors);
    if (again) this.#adoptTimer = setTimeout(() => this.#adopt(), ADOPT_AGAIN_MS);
  }

  #refuseReload(lines: readonly string[], mistakes: number): void {
    for (const line of lines) this.reportError(line);
    this.#report({ kind: 'reload-refused', file: this.#options.configFile, mistakes });
    reopenLog(this.#log, logTargets(this.#config.settings, this.#options));
  }

  /** Ends the listening and closes every door. Returns whether all of them could be closed in time. */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    this.#guard?.end();
    clearTimeout(this.#adoptTimer);
    this.#attempt(() => this.#loop.stop());
    this.#interfaces.close();
    const closed = await closeAll(this.#keeper);
    if (!closed) {
      this.reportError(
        `closing commands still run after ${STOP_MS / 1000} s; the next start sees to their doors`,
      );
    }
    await this.#stopNative();
    await this.#hooks.settle();
    await this.#hooks.tell({ event: 'stop' });
    this.#report({ kind: 'stopping' });
    this.#capture.close();
    this.#control?.close();
    this.#attempt(() => this.#state.store.close());
    this.#attempt(() => this.#pidFile.remove());
    await this.#log.close();
    return closed;
  }

  async #stopNative(): Promise<void> {
    try {
      const onExit = this.#guard?.isPending === true ? 'open' : this.#config.settings.onExit;
      await this.#native.stop(onExit ?? 'open');
      this.#guard?.undone();
    } catch (error) {
      this.reportError((error as Error).message);
    }
    this.#firewallLock.release();
  }

  /** Nothing may come between a stop and the closing of the doors. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.reportError((error as Error).message);
    }
  }

  reportError(text: string): void {
    this.#report({ kind: 'error', text });
  }

  #complete(completion: Completion): void {
    const { door, source } = completion;
    if (!compileAdmission(door)(source)) {
      this.#keeper.refuse(completion, 'the door does not let this address knock');
      return;
    }
    const isOneTime = door.sequenceSource.kind === 'one-time';
    if (isOneTime && !this.#useUp(completion)) return;
    this.#keeper.complete(completion);
  }

  /** The sequence is used up before anything opens. Whether it could be. */
  #useUp({ door, source }: Completion): boolean {
    const others = this.#doors.filter((other) => other.name !== door.name);
    try {
      useUpSequence(door);
    } catch (error) {
      const reason = `its sequence cannot be marked as used: ${(error as Error).message}; the door stays shut until a reload`;
      this.#report({ kind: 'refused', source, door: door.name, reason });
      this.#replaceDoors(others);
      return false;
    }
    const specs = this.#config.doors.filter((spec) => spec.name === door.name);
    this.#replaceDoors([...others, ...watchableDoors(specs, this.#report)]);
    return true;
  }

  /** The filter first: it is what can fail. */
  #replaceDoors(doors: readonly Door[], settings: Settings = this.#config.settings): void {
    this.#scans.replace(doors, settings);
    this.#engine.replaceDoors(doors);
    this.#loop.doorsReplaced();
    this.#doors = doors;
  }

  #interfaceChoice(config: Config): InterfaceChoice {
    return this.#options.interfaces?.choice ?? config.settings.interfaces ?? { kind: 'any' };
  }

  #openGuard(): OwnerGuard | undefined {
    const { guard } = this.#options;
    if (guard === undefined) return undefined;
    const parts = {
      options: guard,
      directory: this.#ownDirectory,
      openFirewall: this.#openFirewall,
      ownAddresses: () => this.#interfaces.interfaces.flatMap(({ addresses }) => addresses),
      clock: this.#clock,
      report: this.#report,
      order: () => ({
        settings: this.#config.settings,
        log: logTargets(this.#config.settings, this.#options),
      }),
    };
    return new OwnerGuard(parts, gatesOf(this.#config), this.#config.settings);
  }

  /** Where this daemon keeps what has to survive it; undefined where that could not be opened. */
  get #ownDirectory(): string | undefined {
    if (this.#state.store instanceof UnavailableLeaseStore) return undefined;
    return join(this.#options.stateDirectory, this.#stateName);
  }
}

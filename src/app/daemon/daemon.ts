import { join } from 'node:path';
import type { Config } from '../../core/config/config.ts';
import type { Event } from '../../core/event/event.ts';
import { MAX_LEASES } from '../../core/lease/lease.ts';
import { LeaseMachine } from '../../core/lease/lease-machine.ts';
import { openSystemClock } from '../../host/clock/clock.ts';
import type { ControlServer } from '../../host/control/control-server.ts';
import { FirewallLock } from '../../host/firewall/firewall-lock.ts';
import { CommandRunner } from '../../host/process/command-runner.ts';
import { HookRunner } from '../../host/process/hook-runner.ts';
import { UnavailableLeaseStore } from '../../host/store/unavailable-lease-store.ts';
import { BanKeeper } from './ban-keeper.ts';
import { closeAll } from './close-all.ts';
import { Completions } from './completions.ts';
import { type ControlVerbs, openControl } from './control/control.ts';
import { shareControl } from './control/control-access.ts';
import { daemonVerbs } from './control/daemon-verbs.ts';
import { sourceVerbs } from './control/source-verbs.ts';
import type { DaemonOptions } from './daemon-options.ts';
import { DaemonTally } from './daemon-tally.ts';
import { DaemonView } from './daemon-view.ts';
import { DoorWatch } from './door-watch.ts';
import type { EventLog } from './event-log.ts';
import { type ExposureWatch, openExposure } from './exposure-watch.ts';
import { gatesOf } from './gates-of.ts';
import { Hooks } from './hooks.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { Metrics } from './metrics/metrics.ts';
import { NativeDoors } from './native-doors.ts';
import { OneTimeDoors } from './one-time-doors.ts';
import { openEventLog } from './open-event-log.ts';
import { openFirewallAlone } from './open-firewall.ts';
import { logTargets } from './open-sinks.ts';
import { openState, type State, stateName } from './open-state.ts';
import { PidFile } from './own-pid-file.ts';
import { OwnerGuard } from './owner-guard.ts';
import { interfaceChoice, Reload, type ReloadOutcome } from './reload.ts';
import { renderSummary } from './render-summary.ts';
import { SourceView } from './source-view.ts';
import { takeOverOrphans } from './take-over.ts';

/** Between two looks at the commands that another daemon, now dead, has started. */
const ADOPT_AGAIN_MS = 1000;

/** A daemon that listens. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #reload: Reload;
  readonly #log: EventLog;
  readonly #stateName: string;
  readonly #state: State;
  readonly #clock = openSystemClock();
  #adoptTimer: NodeJS.Timeout | undefined;
  readonly #native: NativeDoors;
  readonly #exposure: ExposureWatch;
  readonly #hooks: Hooks;
  readonly #leases = new LeaseMachine(MAX_LEASES);
  readonly #keeper: LeaseKeeper;
  readonly #watch: DoorWatch;
  readonly #metrics: Metrics;
  readonly #bans: BanKeeper;
  readonly #sources: SourceView;
  readonly #verbs: ControlVerbs;
  /** Undefined where nobody is to be guarded against himself. */
  readonly #guard: OwnerGuard | undefined;
  readonly #pidFile: PidFile;
  #control: ControlServer | undefined;
  readonly #tally = new DaemonTally(() => this.#clock.wall());
  readonly #report = (event: Event): void => {
    this.#tally.note(event);
    // Not before there is a packet.
    this.#sources?.note(event);
    this.#log.report(event);
  };
  readonly #oneTime = new OneTimeDoors(this.#report);
  readonly #firewallLock = new FirewallLock((text) => this.#report({ kind: 'warning', text }));
  readonly #openFirewall = openFirewallAlone(this.#firewallLock);

  /** Opens everything that listening takes, or nothing. Throws what the system or another daemon has against it. */
  constructor(options: DaemonOptions, config: Config, warnings: readonly string[]) {
    this.#options = options;
    this.#log = openEventLog(config.settings, options, warnings);
    this.#tally.follow(config.doors);
    this.#stateName = stateName(options.configFile, options.interfaces?.text);
    const completions = new Completions({
      config: () => this.#reload.config,
      ...{ watch: () => this.#watch, keeper: () => this.#keeper, oneTime: this.#oneTime },
      report: this.#report,
    });
    this.#watch = new DoorWatch({
      doors: this.#oneTime.watchable(config.doors),
      settings: config.settings,
      ipv6: options.ipv6,
      interfaces: interfaceChoice(options, config),
      log: this.#log,
      tally: this.#tally,
      report: this.#report,
      onCompletion: (completion, whyNot) => completions.take(completion, whyNot),
    });
    try {
      this.#state = openState(options.stateDirectory, this.#stateName, this.#report);
    } catch (error) {
      this.#watch.close();
      throw error;
    }
    this.#native = new NativeDoors({
      openFirewall: (settings) => this.#guard?.openFirewall(settings) ?? this.#openFirewall(settings),
      clock: this.#clock,
      leases: () => this.#leases.leases(),
      report: this.#report,
      onLooked: () => void this.#exposure.look(),
    });
    const heard = { watch: this.#watch, clock: this.#clock, report: this.#report };
    this.#exposure = openExposure(() => this.#reload.config, options, heard);
    this.#guard = this.#openGuard(config);
    this.#pidFile = new PidFile(options, this.#report);
    const directory = options.background ? '/' : undefined;
    this.#hooks = new Hooks(config, new HookRunner(directory), this.#report);
    this.#keeper = new LeaseKeeper({
      ...this.#state,
      machine: this.#leases,
      native: this.#native,
      clock: this.#clock,
      runner: new CommandRunner(directory),
      report: this.#report,
      isBanned: (source) => this.#bans.isBanned(source),
      onCount: () => this.onSummary(),
      tell: (occasion) => {
        this.#tally.told(occasion);
        this.#sources.told(occasion);
        void this.#hooks.tell(occasion);
      },
    });
    this.#bans = new BanKeeper({
      ...{ bans: this.#watch.bans, guard: this.#watch.guard, clock: this.#clock },
      directory: this.#ownDirectory,
      report: this.#report,
      closeBanned: () => this.#keeper.closeBanned(),
    });
    this.#sources = new SourceView({
      ...{ bans: this.#bans, guard: this.#watch.guard, clock: this.#clock, traces: this.#watch.traces },
      doors: () => this.#watch.doors,
      leases: () => this.#leases.each(),
    });
    const parts = {
      ...{ watch: this.#watch, keeper: this.#keeper, native: this.#native, tally: this.#tally },
      oneTime: this.#oneTime,
    };
    this.#reload = new Reload(config, {
      ...parts,
      ...{ options, guard: this.#guard, log: this.#log, hooks: this.#hooks, told: warnings },
      report: this.#report,
    });
    const view = new DaemonView({
      ...{ ...parts, options, clock: this.#clock },
      config: () => this.#reload.config,
      isUnconfirmed: () => this.#guard?.isPending === true,
      trialLeft: () => this.#guard?.trialLeft,
      exposure: () => this.#exposure.status,
    });
    this.#metrics = new Metrics(view, this.#report);
    const { store } = this.#state;
    const verbs = daemonVerbs({
      ...{ view, store, keeper: this.#keeper, report: this.#report },
      config: () => this.#reload.config,
      reload: () => this.reload(),
    });
    this.#verbs = { ...verbs, ...sourceVerbs(this.#bans, this.#sources) };
  }

  /** Begins to listen, and closes what an earlier run has left open. */
  async start(): Promise<void> {
    this.#watch.interfaces.start();
    await this.#guard?.prepare();
    this.#control = await openControl(this.#ownDirectory, this.#guard, this.#verbs, this.#report);
    this.#shareControl();
    this.#adopt();
    await this.#native.install(gatesOf(this.#reload.config), this.#reload.config.settings);
    this.#watch.listen();
    if (this.#options.background) this.#pidFile.write(this.#reload.config.settings);
    this.#metrics.serveAt(this.#reload.config.settings.metrics);
    this.#report({ kind: 'listening', on: this.#watch.interfaces.listeningOn });
    void this.#hooks.tell({ event: 'start' });
    if (this.#log.debug) {
      this.#report({ kind: 'debug', text: `capture filter: ${this.#watch.filterWithoutSecret}` });
    }
    this.#guard?.begin();
  }

  /** For whoever shows the summary: called when it may have changed. */
  onSummary: () => void = () => undefined;

  /** One line of what it does now. */
  get summary(): string {
    const { interfaces, doors } = this.#watch;
    return renderSummary(interfaces.listeningOn, doors.length, this.#leases.size);
  }

  /** The standard streams are nobody's from now on. */
  leaveTerminal(): void {
    this.#log.leaveTerminal();
  }

  /** Resolves when nobody has confirmed in time: all that is closed has to be undone. */
  get unconfirmed(): Promise<void> | undefined {
    return this.#guard?.unconfirmed;
  }

  /** Reads the configuration again. A bad one changes nothing. */
  async reload(): Promise<ReloadOutcome> {
    const outcome = await this.#reload.run();
    this.#shareControl();
    this.#metrics.serveAt(this.#reload.config.settings.metrics);
    return outcome;
  }

  #shareControl(): void {
    const directory = this.#ownDirectory;
    if (this.#control === undefined || directory === undefined) return;
    const { controlGroup } = this.#reload.config.settings;
    shareControl(directory, this.#options.stateDirectory, controlGroup, this.#report);
  }

  /** What this daemon left open in an earlier life, and what others left that will not come back for it. */
  #adopt(): void {
    const directory = this.#options.stateDirectory;
    const again = takeOverOrphans(directory, this.#stateName, this.#state, this.#clock, this.#report);
    this.#keeper.adopt(this.#reload.config.doors);
    if (again) this.#adoptTimer = setTimeout(() => this.#adopt(), ADOPT_AGAIN_MS);
  }

  /** Ends the listening and closes every door. Returns whether all of them could be closed in time. */
  async stop(): Promise<boolean> {
    this.#reload.stop();
    this.#exposure.stop();
    this.#guard?.end();
    clearTimeout(this.#adoptTimer);
    this.#attempt(() => this.#watch.stop());
    this.#watch.interfaces.close();
    const closed = await closeAll(this.#keeper);
    if (!closed) {
      this.reportError('not every door could be closed in time; the next start closes the others');
    }
    await this.#stopNative();
    await this.#hooks.settle();
    await this.#hooks.tell({ event: 'stop' });
    this.#report({ kind: 'stopping' });
    this.#watch.close();
    this.#control?.close();
    this.#metrics.close();
    this.#attempt(() => this.#state.store.close());
    this.#attempt(() => this.#pidFile.remove());
    await this.#log.close();
    return closed;
  }

  async #stopNative(): Promise<void> {
    try {
      const onExit = this.#guard?.isPending === true ? 'open' : this.#reload.config.settings.onExit;
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

  #openGuard(config: Config): OwnerGuard | undefined {
    const { guard } = this.#options;
    if (guard === undefined) return undefined;
    const order = ({ settings }: Config) => ({ settings, log: logTargets(settings, this.#options) });
    const parts = {
      ...{ options: guard, directory: this.#ownDirectory, openFirewall: this.#openFirewall },
      ...{ clock: this.#clock, report: this.#report },
      ownAddresses: () => this.#watch.interfaces.interfaces.flatMap(({ addresses }) => addresses),
      order: () => order(this.#reload.config),
    };
    return new OwnerGuard(parts, gatesOf(config), config.settings);
  }

  /** Where this daemon keeps what has to survive it; undefined where that could not be opened. */
  get #ownDirectory(): string | undefined {
    if (this.#state.store instanceof UnavailableLeaseStore) return undefined;
    return join(this.#options.stateDirectory, this.#stateName);
  }
}

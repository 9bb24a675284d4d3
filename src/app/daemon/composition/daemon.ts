import type { DoorSpec } from '../../../core/door/door.ts';
import type { Event, EventKind } from '../../../core/event/event.ts';
import type { Instant } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { OneTimeDoors } from '../../config/one-time-doors.ts';
import type { PidFile } from '../../state/own-pid-file.ts';
import type { BanKeeper } from '../bans/ban-keeper.ts';
import type { Control } from '../control/control.ts';
import type { ExposureWatch } from '../firewall/exposure-watch.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import { closeAll, describeRemaining } from '../leases/close-all.ts';
import type { EarlierLeases } from '../leases/earlier-leases.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { toWallTime } from '../leases/lease-record.ts';
import type { LockoutGuard } from '../lockout-guard/lockout-guard.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { CodeJudge } from '../proofs/code-judge.ts';
import type { PayloadListener } from '../proofs/payload-listener.ts';
import type { Reload, ReloadOutcome } from '../reload/reload.ts';
import type { Hooks } from '../reporting/hooks.ts';
import type { Reports } from '../reporting/reports.ts';
import type { SpreadCoordinator } from '../spread/spread-coordinator.ts';
import { renderSummary } from '../status/render-summary.ts';
import type { WarmUp } from '../warm-up/warm-up.ts';
import type { FleetHost } from './open-fleet.ts';

export type DaemonParts = {
  readonly options: DaemonOptions;
  readonly clock: Clock;
  readonly inForce: ConfigInForce;
  readonly reports: Reports;
  readonly oneTime: OneTimeDoors;
  readonly watch: KnockListener;
  readonly spread: SpreadCoordinator;
  readonly payloads: PayloadListener;
  readonly codes: CodeJudge;
  /** Undefined if this start needs no lockout protection. */
  readonly guard: LockoutGuard | undefined;
  readonly native: FirewallDoors;
  readonly exposure: ExposureWatch;
  readonly bans: BanKeeper;
  readonly hooks: Hooks;
  readonly keeper: LeaseKeeper;
  readonly reload: Reload;
  readonly fleet: FleetHost;
  readonly earlier: EarlierLeases;
  readonly control: Control;
  readonly pidFile: PidFile;
  readonly warmUp: WarmUp;
  /** Everything that these parts have opened. */
  readonly resources: AsyncDisposableStack;
};

/** Events that change the summary, besides the number of leases. */
const IN_SUMMARY: ReadonlySet<EventKind> = new Set(['extended', 'banned', 'unbanned', 'interface']);

/** A running daemon. */
export class Daemon {
  readonly #parts: DaemonParts;
  #hasCrashed = false;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
  }

  /** The ports are closed: reports it, and starts to answer requests. */
  begin(): void {
    const { options, inForce, reports, watch, guard, pidFile, control } = this.#parts;
    if (options.background) pidFile.write(inForce.current.settings);
    reports.report({ kind: 'listening', on: watch.interfaces.listeningOn });
    reports.report({ kind: 'started' });
    if (reports.isDebug) {
      reports.report({ kind: 'debug', text: `capture filter: ${watch.filterWithoutSecret}` });
    }
    guard?.begin();
    control.answer();
  }

  /** `onSummary`: called when the summary may have changed. */
  follow(onSummary: () => void): void {
    const note = ({ kind }: Event): void => {
      if (IN_SUMMARY.has(kind)) onSummary();
    };
    this.#parts.reports.subscribe({ onLeaseCount: onSummary, onEvent: note });
  }

  /** Exercises the code that a knock runs, without side effects, so that the first knock is as fast as later ones. */
  warmUp(): Promise<void> {
    return this.#parts.warmUp.run();
  }

  /** Stops using the standard streams. */
  leaveTerminal(): void {
    this.#parts.reports.leaveTerminal();
  }

  /** One line: what the daemon does now. */
  get summary(): string {
    const { inForce, watch, keeper, clock } = this.#parts;
    let lastDue: Instant | undefined;
    for (const { due } of keeper.book.each())
      lastDue = lastDue === undefined || due > lastDue ? due : lastDue;
    const now = clock.wall();
    return renderSummary({
      listeningOn: watch.interfaces.listeningOn,
      doors: watch.doors.length + inForce.current.doors.filter(hasNoSequence).length,
      leases: keeper.book.size,
      lastUntil: lastDue === undefined ? undefined : toWallTime(lastDue, clock),
      bans: watch.bans.count(now),
      now,
    });
  }

  /** Resolves when nobody has confirmed in time: the closed ports must be rolled back. */
  get unconfirmed(): Promise<void> | undefined {
    return this.#parts.guard?.unconfirmed;
  }

  /** Reads the configuration again. A bad one changes nothing. */
  reload(): Promise<ReloadOutcome> {
    return this.#parts.reload.run();
  }

  /** Stops on request: ends the listening and closes every door. Returns whether all doors closed in time. */
  stop(): Promise<boolean> {
    const { guard, inForce } = this.#parts;
    const onExit = guard?.isPending === true ? 'open' : inForce.current.settings.onExit;
    return this.#end(onExit ?? 'open');
  }

  /**
   * Stops after a bug of ours, or an unhandled system error that `text` describes. The ports stay closed, as after
   * `kill -9`: an attacker who can crash the daemon must not gain access. An unconfirmed start is rolled back.
   */
  async crash(text: string): Promise<void> {
    const { guard, native, reports } = this.#parts;
    this.#hasCrashed = true;
    reports.error(`the daemon exits: ${text}`);
    const ports = guard?.isPending === true ? 'open' : 'keep';
    const remedy = ports === 'open' ? undefined : await native.howToOpen();
    await this.#end(ports, remedy === undefined ? undefined : stillClosed(remedy));
  }

  async #end(ports: 'open' | 'keep', lastWords?: string): Promise<boolean> {
    const { reload, warmUp, exposure, guard, earlier, reports } = this.#parts;
    const { watch, payloads, codes, keeper, hooks, fleet, resources } = this.#parts;
    reload.stop();
    warmUp.stop();
    exposure.stop();
    guard?.end();
    earlier.stop();
    reports.attempt(() => watch.stop());
    reports.attempt(() => payloads.stop());
    watch.interfaces.close();
    // Before the leases end: what other members tell from now on is for the next start.
    fleet.close();
    const left = await closeAll(keeper);
    const closed = left.length === 0;
    // After a bug it is unknown whether the record of used knocks is complete.
    if (closed && !this.#hasCrashed) {
      payloads.end();
      codes.end();
    }
    if (!closed) {
      keeper.leave();
      reports.error(describeRemaining(left));
    }
    // The firewall's programs need descriptors. Closing the listeners frees some.
    reports.attempt(() => watch.close());
    await this.#leaveFirewall(ports);
    await hooks.settle();
    reports.report({ kind: 'ending' });
    await hooks.settle();
    reports.report({ kind: 'stopping' });
    if (lastWords !== undefined) reports.error(lastWords);
    await resources.disposeAsync();
    return closed;
  }

  async #leaveFirewall(ports: 'open' | 'keep'): Promise<void> {
    const { native, guard, reports } = this.#parts;
    try {
      await native.stop(ports);
      guard?.undone();
    } catch (error) {
      reports.error((error as Error).message);
    }
  }
}

const stillClosed = (remedy: string): string =>
  `the doors' ports stay closed to everybody until the daemon runs again; to open them without it: ${remedy}`;

/** The door has no sequence to watch packets for. */
const hasNoSequence = ({ sequenceSource }: DoorSpec): boolean => sequenceSource.kind === 'none';

import type { HookOccasion } from '../../core/door/hook.ts';
import { renderPortOpenings } from '../../core/door/port-opening.ts';
import type { Event } from '../../core/event/event.ts';
import { hasEndedByItself, renderFailure } from '../../core/event/failure-words.ts';
import type { Demand } from '../../core/lease/demand.ts';
import { EARLY_ENDS, type Lease, type LeaseEnd, type LeaseId } from '../../core/lease/lease.ts';
import { since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import { NetlinkConnections } from '../../host/connections/netlink-connections.ts';
import { claimedCommand } from '../../host/process/claim.ts';
import type { CommandRunner } from '../../host/process/command-runner.ts';
import type { Claims } from './claims.ts';
import { commandCall } from './command-call.ts';
import type { DoorLimits } from './door-limits.ts';
import { onWall } from './keep-lease.ts';
import { LeaseConnections } from './lease-connections.ts';
import type { NativeDoors } from './native-doors.ts';
import { reportOutcome, reportStart } from './report-outcome.ts';

export type LeaseActionsParts = {
  readonly claims: Claims;
  readonly clock: Clock;
  readonly runner: CommandRunner;
  /** Absent where no door opens ports by itself. */
  readonly native?: NativeDoors;
  readonly report: (event: Event) => void;
  /** Tells the hooks. */
  readonly tell: (occasion: HookOccasion) => void;
};

/** With the limits of the doors' commands. */
export type LimitedParts = LeaseActionsParts & { readonly limits: DoorLimits };

/** How one lease is opened and closed: the ports in the firewall first, then the command. */
export class LeaseActions {
  readonly #parts: LimitedParts;
  /** Start commands that have not ended. BOUNDED: by the leases. */
  readonly #starts = new Map<LeaseId, Promise<unknown>>();
  /** What is made through leases that are held or cut. */
  readonly connections: LeaseConnections;

  constructor(parts: LimitedParts, onHeld: (id: LeaseId) => void, onGone: (id: LeaseId) => void) {
    this.#parts = parts;
    this.connections = new LeaseConnections({
      openConnections: () => new NetlinkConnections(),
      report: parts.report,
      onHeld,
      onGone,
    });
  }

  /** Says, to the log and the hooks, that the door stays shut. */
  refuse({ source, door }: Demand, reason: string): void {
    this.#parts.report({ kind: 'refused', source, door: door.name, reason });
    this.#parts.tell({ event: 'refused', door: door.name, source, ports: door.opening.ports ?? [] });
  }

  /** The door is open: says so, to the log and the hooks. */
  announce(lease: Lease): void {
    const { source, door, opened, due } = lease;
    const { report, clock } = this.#parts;
    if (opened !== undefined) {
      const seconds = Math.ceil(since(clock.sinceBoot(), due) / 1000);
      report({ kind: 'opened', source, door, ports: renderPortOpenings(opened.ports), seconds });
    }
    this.tell('open', lease);
  }

  /** Tells the hooks that the door has been opened or closed. */
  tell(event: 'open' | 'close', { door, source, opened, due }: Lease): void {
    const { clock, tell } = this.#parts;
    tell({ event, door, source, ports: opened?.ports ?? [], until: onWall(due, clock) });
  }

  /** Opens the ports of the lease, where it has ports. Returns why they could not be opened. */
  async openPorts(lease: Lease): Promise<string | undefined> {
    const { native } = this.#parts;
    if (lease.opened === undefined) return undefined;
    if (native === undefined) return 'no firewall is in use';
    this.connections.before(lease);
    try {
      await native.open(lease);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  }

  /** Closes ports that ought not to have been opened, if they are. */
  async closeQuietly(lease: Lease): Promise<void> {
    try {
      await this.#parts.native?.close(lease);
    } catch (error) {
      this.#parts.report({ kind: 'error', text: `${lease.door}: ${(error as Error).message}` });
    }
  }

  /** Has the ports stay open until the lease's new end. */
  async extendPorts(lease: Lease): Promise<void> {
    if (lease.opened === undefined) return;
    try {
      await this.#parts.native?.open(lease);
    } catch (error) {
      this.#parts.report({ kind: 'error', text: `${lease.door}: ${(error as Error).message}` });
    }
  }

  /** Has the ports of all leases stay open until their ends, single uses that are spent left out. */
  async renewPorts(): Promise<void> {
    await this.#parts.native?.renew();
  }

  /** Runs the start command, once for the lease; `again` after it has failed. Returns what it failed of, if it did. */
  async runStart(lease: Lease, start: string, again: boolean): Promise<string | undefined> {
    const { runner, claims, limits, report } = this.#parts;
    const { id, door, stop } = lease;
    const text = again ? start : claimedCommand(claims.start(id), start, 'refuse');
    const command = { door, purpose: 'start', command: start, text, hasStop: stop !== '' } as const;
    const running = runner.open(commandCall(command, limits.of(door), report));
    this.#starts.set(lease.id, running);
    const outcome = await running;
    if (this.#starts.get(lease.id) === running) this.#starts.delete(lease.id);
    return reportStart(report, lease, outcome);
  }

  /** Closes the ports of the lease, where it has ports, and cuts its connections. False: it is to be done later. */
  async closePorts(lease: Lease, how: LeaseEnd): Promise<boolean> {
    const { opened } = lease;
    if (opened === undefined) return true;
    const { report, native } = this.#parts;
    const { source, door } = lease;
    try {
      await native?.close(lease);
    } catch (error) {
      report({ kind: 'error', text: `${source}: ${door}: not closed yet: ${(error as Error).message}` });
      return false;
    }
    const cut = opened.closeKills ? await this.connections.cut(lease) : 0;
    const ports = renderPortOpenings(opened.ports);
    const end = EARLY_ENDS.find((one) => one === how);
    const early = end === undefined ? {} : { early: end };
    report({ kind: 'closed', source, door, ports, cut, ...early });
    return true;
  }

  /**
   * Runs the stop command, where there is one, when the start command has ended. `again`: an earlier run of it has come
   * to nothing.
   */
  async runStop(lease: Lease, again: boolean): Promise<StopOutcome> {
    const { id, source, door, stop } = lease;
    await this.#starts.get(id);
    if (stop === '') return { isOver: true };
    const { report, runner, claims, limits } = this.#parts;
    if (!again) report({ kind: 'command-timeout', source, door });
    const claimed = claimedCommand(claims.stop(id), stop, 'run');
    const text = again && !this.#dropClaim(id) ? stop : claimed;
    const command = { door, purpose: 'stop', command: stop, text, hasStop: true } as const;
    const outcome = await runner.close(commandCall(command, limits.of(door), report));
    reportOutcome(report, door, outcome);
    if (outcome.kind === 'ok') return { isOver: true };
    const isOver = hasEndedByItself(outcome.failure) && !claims.isCutOff(id);
    return { isOver, failure: renderFailure(outcome.failure, outcome.lastErrorLine) };
  }

  /** With the claim of its last run there, it would not run. False: the claim cannot be taken away. */
  #dropClaim(id: LeaseId): boolean {
    try {
      this.#parts.claims.dropStop(id);
      return true;
    } catch (error) {
      this.#parts.report({ kind: 'error', text: (error as Error).message });
      return false;
    }
  }
}

/** `isOver`: it has ended by itself, or there is none. Else it is to be run again. */
export type StopOutcome = { readonly isOver: boolean; readonly failure?: string };

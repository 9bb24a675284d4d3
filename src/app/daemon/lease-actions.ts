import type { HookOccasion } from '../../core/door/hook.ts';
import { renderPortOpenings } from '../../core/door/port-opening.ts';
import type { Event } from '../../core/event/event.ts';
import type { Demand } from '../../core/lease/demand.ts';
import { EARLY_ENDS, type Lease, type LeaseEnd, type LeaseId } from '../../core/lease/lease.ts';
import { since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import { NetlinkConnections } from '../../host/connections/netlink-connections.ts';
import { claimedCommand } from '../../host/process/claim.ts';
import type { CommandRunner } from '../../host/process/command-runner.ts';
import type { Claims } from './claims.ts';
import { onWall } from './keep-lease.ts';
import { LeaseConnections } from './lease-connections.ts';
import type { NativeDoors } from './native-doors.ts';
import { reportOutcome } from './report-outcome.ts';

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

/** How one lease is opened and closed: the ports in the firewall first, then the command. */
export class LeaseActions {
  readonly #parts: LeaseActionsParts;
  /** Start commands that have not ended. BOUNDED: by the leases. */
  readonly #starts = new Map<LeaseId, Promise<unknown>>();
  /** What is made through leases that are held or cut. */
  readonly connections: LeaseConnections;

  constructor(parts: LeaseActionsParts, onHeld: (id: LeaseId) => void, onGone: (id: LeaseId) => void) {
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

  /** Runs the start command, once for the lease; `again` after it has failed. Returns whether it ended well. */
  async runStart(lease: Lease, start: string, again: boolean): Promise<boolean> {
    const { runner, claims, report } = this.#parts;
    report({ kind: 'running', door: lease.door, command: start });
    const text = again ? start : claimedCommand(claims.start(lease.id), start, 'refuse');
    const running = runner.open(lease.door, text);
    this.#starts.set(lease.id, running);
    const outcome = await running;
    if (this.#starts.get(lease.id) === running) this.#starts.delete(lease.id);
    reportOutcome(report, lease.door, outcome);
    return outcome.kind === 'ok';
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

  /** Runs the stop command, where there is one, when the start command has ended. False: it is to be done later. */
  async runStop(lease: Lease): Promise<boolean> {
    await this.#starts.get(lease.id);
    if (lease.stop === '') return true;
    const { report, runner, claims } = this.#parts;
    report({ kind: 'command-timeout', source: lease.source, door: lease.door });
    report({ kind: 'running', door: lease.door, command: lease.stop });
    const outcome = await runner.close(claimedCommand(claims.stop(lease.id), lease.stop, 'run'));
    reportOutcome(report, lease.door, outcome);
    return !(outcome.kind === 'failed' && outcome.failure.kind === 'not-started');
  }
}

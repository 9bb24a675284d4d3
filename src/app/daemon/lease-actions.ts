import type { HookOccasion } from '../../core/door/hook.ts';
import type { Event } from '../../core/event/event.ts';
import type { Lease } from '../../core/lease/lease.ts';
import { since } from '../../core/net/time.ts';
import type { Clock } from '../../host/clock/clock.ts';
import { claimedCommand } from '../../host/process/claim.ts';
import type { CommandRunner } from '../../host/process/command-runner.ts';
import type { Claims } from './claims.ts';
import { type NativeDoors, renderPorts } from './native-doors.ts';
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

  constructor(parts: LeaseActionsParts) {
    this.#parts = parts;
  }

  /** Opens the ports of the lease, where it has ports. Returns why they could not be opened. */
  async openPorts(lease: Lease): Promise<string | undefined> {
    const { report, clock, native } = this.#parts;
    if (lease.opened === undefined) return undefined;
    if (native === undefined) return 'no firewall is in use';
    try {
      await native.open(lease);
    } catch (error) {
      return (error as Error).message;
    }
    const { source, door } = lease;
    const seconds = Math.ceil(since(clock.sinceBoot(), lease.due) / 1000);
    report({ kind: 'opened', source, door, ports: renderPorts(lease.opened), seconds });
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

  /** Runs the start command, once for the lease; `again` after it has failed. Returns whether it ended well. */
  async runStart(lease: Lease, start: string, again: boolean): Promise<boolean> {
    const { runner, claims, report } = this.#parts;
    report({ kind: 'running', door: lease.door, command: start });
    const text = again ? start : claimedCommand(claims.start(lease.id), start, 'refuse');
    const outcome = await runner.open(lease.door, text);
    reportOutcome(report, lease.door, outcome);
    return outcome.kind === 'ok';
  }

  /** Closes the ports and runs the stop command. False if either could not be done, and is to be done later. */
  async close(lease: Lease): Promise<boolean> {
    if (lease.opened !== undefined && !(await this.#closePorts(lease, renderPorts(lease.opened))))
      return false;
    return lease.stop === '' || this.#runStop(lease);
  }

  async #closePorts(lease: Lease, ports: string): Promise<boolean> {
    const { report, native } = this.#parts;
    const { source, door } = lease;
    try {
      await native?.close(lease);
    } catch (error) {
      report({ kind: 'error', text: `${source}: ${door}: not closed yet: ${(error as Error).message}` });
      return false;
    }
    report({ kind: 'closed', source, door, ports });
    return true;
  }

  async #runStop(lease: Lease): Promise<boolean> {
    const { report, runner, claims } = this.#parts;
    report({ kind: 'command-timeout', source: lease.source, door: lease.door });
    report({ kind: 'running', door: lease.door, command: lease.stop });
    const outcome = await runner.close(claimedCommand(claims.stop(lease.id), lease.stop, 'run'));
    reportOutcome(report, lease.door, outcome);
    return !(outcome.kind === 'failed' && outcome.failure.kind === 'not-started');
  }
}

import type { Completion } from '../../core/attempt/completion.ts';
import { renderCommands } from '../../core/door/opening.ts';
import { CommandRuns } from '../../core/lease/command-runs.ts';
import { type Lease, type LeaseId, MAX_LEASES } from '../../core/lease/lease.ts';
import type { LeaseEffect, LeaseNotice } from '../../core/lease/lease-effect.ts';
import type { LeaseInput } from '../../core/lease/lease-input.ts';
import { LeaseMachine } from '../../core/lease/lease-machine.ts';
import { REFUSED } from '../../core/lease/refusals.ts';
import type { Address } from '../../core/net/address.ts';
import { type Instant, since } from '../../core/net/time.ts';
import type { Outcome } from './rehearsal-sink.ts';

/** The lease machine with log text in place of the disk, the firewall and commands: everything succeeds at once. */
export class LeaseRehearsal {
  readonly #machine = new LeaseMachine(MAX_LEASES);
  readonly #runs = new CommandRuns();
  readonly #emit: (outcome: Outcome) => void;
  #asked = 0;
  #openings = 0;

  constructor(emit: (outcome: Outcome) => void) {
    this.#emit = emit;
  }

  /** How often a door would have been opened, or a command run that has no stop command. */
  get openings(): number {
    return this.#openings;
  }

  nextDue(): Instant | undefined {
    return this.#machine.nextDue();
  }

  /** Handles what is due now. */
  pass(now: Instant): void {
    this.#apply({ kind: 'time' }, now);
  }

  complete(completion: Completion): void {
    const { door, source, at } = completion;
    const { start, stop } = renderCommands(door.opening, source);
    if (start !== undefined && stop === undefined && door.opening.ports === undefined) {
      this.#request(completion, start);
      return;
    }
    const ticket = this.#asked++;
    const id = `${ticket}` as LeaseId;
    const asked = { kind: 'open', openRequest: completion, ticket, id } as const;
    this.#apply({ ...asked, isBanned: false, hasRoom: true, closesByItself: false }, at);
  }

  #request({ door, source, at }: Completion, command: string): void {
    if (this.#runs.request(door, source, at, true) === 'cooling') {
      this.#report({ kind: 'refused', source, door: door.name, reason: REFUSED.cooling });
      return;
    }
    this.#openings++;
    this.#emit({ kind: 'would-run', source, door: door.name, command });
    this.#runs.ended(door.name, source);
  }

  #apply(input: LeaseInput, now: Instant): void {
    const inputs: LeaseInput[] = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const effect of this.#machine.apply(next, now)) {
        const answer = this.#do(effect, now);
        if (answer !== undefined) inputs.push(answer);
      }
    }
  }

  /** Reports what would be done, and answers that it was done. */
  #do(effect: LeaseEffect, now: Instant): LeaseInput | undefined {
    switch (effect.do) {
      case 'record':
        return { kind: 'recorded', id: effect.lease.id };
      case 'open-ports':
        return { kind: 'ports-open', id: effect.lease.id };
      case 'close-ports':
        this.#wouldClose(effect.lease);
        return { kind: 'ports-closed', id: effect.lease.id, cut: 0 };
      case 'run-start':
        this.#wouldRun(effect.lease, effect.command);
        return { kind: 'started', id: effect.lease.id };
      case 'run-stop':
        this.#wouldRun(effect.lease, effect.lease.stop);
        return { kind: 'stopped', id: effect.lease.id, isCutOff: false };
      case 'check-hold':
        // A capture tells nothing reliable about connections.
        return { kind: 'hold-checked', id: effect.lease.id, lives: false };
      case 'write-end':
        return { kind: 'end-written', id: effect.lease.id };
      case 'report':
        this.#reportNotice(effect.notice, now);
        return undefined;
      default:
        return undefined;
    }
  }

  #reportNotice(notice: LeaseNotice, now: Instant): void {
    switch (notice.kind) {
      case 'refused': {
        const { source, door } = notice.openRequest;
        this.#report({ kind: 'refused', source, door: door.name, reason: notice.reason });
        return;
      }
      case 'opened':
        this.#openings++;
        this.#wouldOpen(notice.lease, now);
        return;
      case 'extended': {
        const { source, door, due } = notice.lease;
        this.#report({ kind: 'extended', source, door, seconds: Math.ceil(since(now, due) / 1000) });
        return;
      }
      case 'stop-due':
        this.#report({ kind: 'command-timeout', source: notice.lease.source, door: notice.lease.door });
        return;
      default:
    }
  }

  #wouldOpen({ source, door, opened, due }: Lease, now: Instant): void {
    if (opened === undefined) return;
    const { ports, singleUse } = opened;
    const seconds = Math.ceil(since(now, due) / 1000);
    this.#emit({ kind: 'would-open', source, door, ports, seconds, singleUse });
  }

  #wouldClose({ source, door, opened }: Lease): void {
    if (opened === undefined) return;
    this.#emit({ kind: 'would-close', source, door, ports: opened.ports, hold: opened.hold });
  }

  #wouldRun({ source, door }: { readonly source: Address; readonly door: string }, command: string): void {
    this.#emit({ kind: 'would-run', source, door, command });
  }

  #report(event: Extract<Outcome, { kind: 'event' }>['event']): void {
    this.#emit({ kind: 'event', event });
  }
}

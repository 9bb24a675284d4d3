import { startLimit, stopLimit } from '../../../core/door/command-limits.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import type { CommandFailure, Event } from '../../../core/event/event.ts';
import { renderFailure } from '../../../core/event/failure-words.ts';
import type { Lease, LeaseId } from '../../../core/lease/lease.ts';
import type { LeaseEffect } from '../../../core/lease/lease-effect.ts';
import type { LeaseInput } from '../../../core/lease/lease-input.ts';
import { claimedCommand } from '../../../host/process/claim.ts';
import type { CommandRunner } from '../../../host/process/command-runner.ts';
import type { CommandOutcome } from '../../../host/process/run-command.ts';
import type { Claims } from '../../state/claims.ts';
import { commandCall } from './command-call.ts';
import type { DoorLimits } from './door-limits.ts';
import { reportOutcome, reportStart } from './report-outcome.ts';

const COMMAND_EFFECTS = ['reserve', 'release', 'run-start', 'run-stop', 'await-command'] as const;

const NAMES: ReadonlySet<string> = new Set(COMMAND_EFFECTS);

export type CommandEffect = Extract<LeaseEffect, { do: (typeof COMMAND_EFFECTS)[number] }>;

export const isCommandEffect = (effect: LeaseEffect): effect is CommandEffect => NAMES.has(effect.do);

export type LeaseCommandsParts = {
  readonly claims: Claims;
  readonly runner: CommandRunner;
  readonly limits: DoorLimits;
  readonly report: (event: Event) => void;
  readonly answer: (input: LeaseInput) => void;
};

/** Runs commands for the lease machine. */
export class LeaseCommands {
  readonly #parts: LeaseCommandsParts;
  /** Queue places reserved for start commands. BOUNDED: as the waiting ones. */
  readonly #places = new Map<LeaseId, () => void>();
  /** Running start commands. Each resolves to whether it succeeded. BOUNDED: by the leases. */
  readonly #starts = new Map<LeaseId, Promise<boolean>>();

  constructor(parts: LeaseCommandsParts) {
    this.#parts = parts;
  }

  hasRoom({ name, limits }: DoorSpec): boolean {
    return this.#parts.runner.hasRoom(name, limits?.commands);
  }

  /** Whether the lease's start command succeeds. `undefined`: none is running. */
  startOf(id: LeaseId): Promise<boolean> | undefined {
    return this.#starts.get(id);
  }

  do(effect: CommandEffect): void {
    switch (effect.do) {
      case 'reserve': {
        const { runner, limits } = this.#parts;
        const release = runner.reserve(effect.door, limits.of(effect.door).commands);
        if (release !== undefined) this.#places.set(effect.id, release);
        return;
      }
      case 'release':
        this.#release(effect.id);
        return;
      case 'run-start':
        this.#runStart(effect);
        return;
      case 'run-stop':
        void this.#runStop(effect.lease, effect.again);
        return;
      case 'await-command':
        void this.#awaitCommand(effect);
        return;
      default:
        effect satisfies never;
    }
  }

  #release(id: LeaseId): void {
    this.#places.get(id)?.();
    this.#places.delete(id);
  }

  #runStart({ lease, command, again }: Extract<CommandEffect, { do: 'run-start' }>): void {
    const { runner, claims, limits, report, answer } = this.#parts;
    const { id, door, stop } = lease;
    this.#release(id);
    const text = again ? command : claimedCommand(claims.start(id), command, 'refuse');
    const call = { door, purpose: 'start', command, text, hasStop: stop !== '' } as const;
    const ended = runner.open(commandCall(call, limits.of(door), report)).then((outcome) => {
      this.#starts.delete(id);
      const failure = reportStart(report, lease, outcome);
      answer({ kind: 'started', id, ...(failure === undefined ? {} : { failure }) });
      return outcome.kind === 'ok';
    });
    this.#starts.set(id, ended);
  }

  async #runStop(lease: Lease, again: boolean): Promise<void> {
    const { runner, claims, limits, report, answer } = this.#parts;
    const { id, door, stop } = lease;
    const claimed = claimedCommand(claims.stop(id), stop, 'run');
    // A claim of its last run would keep it from running.
    const text = again && !this.#dropClaim(id) ? stop : claimed;
    const call = { door, purpose: 'stop', command: stop, text, hasStop: true } as const;
    const outcome = await runner.close(commandCall(call, limits.of(door), report));
    reportOutcome(report, door, outcome);
    const isCutOff = outcome.kind === 'failed' && (outcome.failure.kind !== 'status' || claims.isCutOff(id));
    answer({ kind: 'stopped', id, isCutOff, ...failureOf(outcome) });
  }

  /** A command of a dead daemon may run as long as one of this daemon. */
  async #awaitCommand({ lease, which }: Extract<CommandEffect, { do: 'await-command' }>): Promise<void> {
    const { claims, limits, answer } = this.#parts;
    const { id, door, stop } = lease;
    const limit = limits.of(door);
    if (which === 'start') {
      await claims.ended(claims.start(id), startLimit(limit, stop !== ''));
      answer({ kind: 'started', id, ...words(claims.startFailure(id)) });
    } else {
      const hasEnded = await claims.ended(claims.stop(id), stopLimit(limit));
      answer({ kind: 'stopped', id, isCutOff: !hasEnded, ...words(claims.stopFailure(id)) });
    }
  }

  /** False: the claim cannot be removed. */
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

function failureOf(outcome: CommandOutcome): { readonly failure?: string } {
  return outcome.kind === 'ok' ? {} : { failure: renderFailure(outcome.failure, outcome.lastErrorLine) };
}

function words(failure: CommandFailure | undefined): { readonly failure?: string } {
  return failure === undefined ? {} : { failure: renderFailure(failure) };
}

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandFailure } from '../../core/event/event.ts';
import type { LeaseId } from '../../core/lease/lease.ts';
import { makeDirectory } from '../../host/files/make-directory.ts';
import {
  dropClaim,
  endClaimed,
  readClaim,
  readClaimStatus,
  takeClaim,
  wasRun,
} from '../../host/process/claim.ts';

/** Interval of checks on a command that an earlier daemon started. */
const LOOK_MS = 100;

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 5_000;

/**
 * What an earlier run did about a lease's commands. `over`: closed · `never`: not opened, and never will be ·
 * `opening`, `closing`: the command still runs · `cut-off`: the stop command was killed halfway · `open`: opened and
 * not closed.
 */
export type LeaseFate = 'over' | 'never' | 'opening' | 'open' | 'closing' | 'cut-off';

/** The claim files of the commands of all leases, in one directory. */
export class Claims {
  readonly #directory: string;

  /** Creates the directory, unless there is no store: then no lease could claim anything. */
  constructor(directory: string, make: 'made' | 'absent' = 'made') {
    this.#directory = directory;
    if (make === 'made') makeDirectory(directory);
  }

  start(id: LeaseId): string {
    return join(this.#directory, `${id}.start`);
  }

  stop(id: LeaseId): string {
    return join(this.#directory, `${id}.stop`);
  }

  drop(id: LeaseId): void {
    dropClaim(this.start(id));
    dropClaim(this.stop(id));
  }

  /**
   * Removes the claims of leases that no longer exist. Returns how many of these were opened and never closed: their
   * leases are lost, and so is the command that would close them.
   */
  sweep(living: ReadonlySet<string>): number {
    const names = new Set(readdirSync(this.#directory));
    const gone = [...names].filter((name) => !living.has(name.replace(/\.(start|stop)$/, '')));
    const lost = gone.filter(
      (name) =>
        name.endsWith('.start') &&
        !names.has(name.replace(/start$/, 'stop')) &&
        wasRun(join(this.#directory, name)),
    );
    for (const name of gone) dropClaim(join(this.#directory, name));
    return lost.length;
  }

  /**
   * `sameBoot`: the machine has not been restarted since. Only then does a missing claim prove that the command never
   * ran: a power failure may lose the file.
   */
  fate(id: LeaseId, sameBoot: boolean): LeaseFate {
    const stop = readClaim(this.stop(id));
    if (stop === 'ended') return 'over';
    if (stop === 'running') return 'closing';
    if (stop === 'cut-off') {
      dropClaim(this.stop(id));
      return 'cut-off';
    }
    // The first to create the claim decides: from here on the start command will not run.
    if (sameBoot && takeClaim(this.start(id), 'never')) return 'never';
    const start = readClaim(this.start(id));
    if (start === 'never') return 'never';
    return start === 'running' ? 'opening' : 'open';
  }

  /** Ensures that the stop command will not run under this claim. False: the claim existed already. */
  takeStop(id: LeaseId): boolean {
    return takeClaim(this.stop(id));
  }

  /** Moves a lease of an earlier boot to this one: from here on the claim of its start command exists. */
  moveToThisBoot(id: LeaseId): void {
    takeClaim(this.start(id));
  }

  /** The stop command is repeated: the claim of its last run must go. */
  dropStop(id: LeaseId): void {
    dropClaim(this.stop(id));
  }

  /** Whether the stop command was killed halfway: its shell left no exit status. */
  isCutOff(id: LeaseId): boolean {
    try {
      return readClaim(this.stop(id)) === 'cut-off';
    } catch {
      return false;
    }
  }

  /** How the start command failed, as far as its claim tells. */
  startFailure(id: LeaseId): CommandFailure | undefined {
    return failureBehind(this.start(id));
  }

  /** How the stop command failed, as far as its claim tells. */
  stopFailure(id: LeaseId): CommandFailure | undefined {
    return failureBehind(this.stop(id));
  }

  /**
   * Resolves when the command behind the claim no longer runs, to whether it ended by itself. A `timeMs` above 0 is its
   * time limit.
   */
  async ended(claim: string, timeMs: number): Promise<boolean> {
    const deadline = performance.now() + timeMs;
    for (let state = readClaim(claim); ; state = readClaim(claim)) {
      if (state !== 'running') return state !== 'cut-off';
      if (timeMs > 0 && performance.now() >= deadline) await endClaimed(claim, GRACE_MS);
      await delay(LOOK_MS);
    }
  }

  /** Ends the command behind the claim if it has run for longer than `timeMs`. */
  async endOld(claim: string, timeMs: number): Promise<void> {
    const begun = statSync(claim, { throwIfNoEntry: false })?.mtimeMs;
    if (timeMs > 0 && begun !== undefined && Date.now() - begun > timeMs) await endClaimed(claim, GRACE_MS);
  }
}

function failureBehind(claim: string): CommandFailure | undefined {
  try {
    return readFailure(claim);
  } catch {
    // An unreadable claim tells nothing.
    return undefined;
  }
}

function readFailure(claim: string): CommandFailure | undefined {
  const status = readClaimStatus(claim);
  if (status !== undefined) return status === 0 ? undefined : { kind: 'status', status };
  // The command disappeared without a status, so nothing more is known.
  return wasRun(claim) && readClaim(claim) === 'cut-off' ? { kind: 'signal', signal: 'unknown' } : undefined;
}

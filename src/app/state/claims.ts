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

/** How often a command that an earlier daemon started is looked at. */
const LOOK_MS = 100;

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 5_000;

/**
 * What an earlier run has left of a lease's commands.
 * `over`: closed · `never`: not opened, and it never will be · `opening`, `closing`: the command runs still ·
 * `cut-off`: the closing was killed in the middle · `open`: opened, and not closed.
 */
export type LeaseFate = 'over' | 'never' | 'opening' | 'open' | 'closing' | 'cut-off';

/** The claims of the commands of all leases, in one directory. */
export class Claims {
  readonly #directory: string;

  /** Makes the directory; not where there is no store, and so no lease that could claim anything. */
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
   * Removes the claims of leases that are no more. Returns how many of these have been opened and never closed: their
   * leases are lost, and nobody knows what would close them.
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
   * `sameBoot`: the machine has not been restarted since. Only then does a claim that does not exist prove that the
   * command never ran: a power failure may lose the file.
   */
  fate(id: LeaseId, sameBoot: boolean): LeaseFate {
    const stop = readClaim(this.stop(id));
    if (stop === 'ended') return 'over';
    if (stop === 'running') return 'closing';
    if (stop === 'cut-off') {
      dropClaim(this.stop(id));
      return 'cut-off';
    }
    // Whoever makes the claim first has the say: from here on the start command will not run any more.
    if (sameBoot && takeClaim(this.start(id), 'never')) return 'never';
    const start = readClaim(this.start(id));
    if (start === 'never') return 'never';
    return start === 'running' ? 'opening' : 'open';
  }

  /** Makes sure that the stop command will not run under this claim; false if it was there first. */
  takeStop(id: LeaseId): boolean {
    return takeClaim(this.stop(id));
  }

  /** A lease of another boot becomes one of this: from here on the claim of its start command is there. */
  moveToThisBoot(id: LeaseId): void {
    takeClaim(this.start(id));
  }

  /** The stop command is run once more: what is left of its last run is no claim. */
  dropStop(id: LeaseId): void {
    dropClaim(this.stop(id));
  }

  /** Whether the stop command was killed halfway: its shell has not even said how it ended. */
  isCutOff(id: LeaseId): boolean {
    try {
      return readClaim(this.stop(id)) === 'cut-off';
    } catch {
      return false;
    }
  }

  /** How the start command has failed, as far as its claim tells. */
  startFailure(id: LeaseId): CommandFailure | undefined {
    return failureBehind(this.start(id));
  }

  /** How the stop command has failed, as far as its claim tells. */
  stopFailure(id: LeaseId): CommandFailure | undefined {
    return failureBehind(this.stop(id));
  }

  /**
   * Resolves when the command behind the claim does not run any more, to whether it has ended by itself. After `timeMs`,
   * if it is above 0, it is ended.
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
    // What cannot be read tells nothing.
    return undefined;
  }
}

function readFailure(claim: string): CommandFailure | undefined {
  const status = readClaimStatus(claim);
  if (status !== undefined) return status === 0 ? undefined : { kind: 'status', status };
  // Of a command that has gone without a word, no more is known than that.
  return wasRun(claim) && readClaim(claim) === 'cut-off' ? { kind: 'signal', signal: 'unknown' } : undefined;
}

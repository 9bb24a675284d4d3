import type { PendingAttempt } from '../../core/attempt/pending-attempt.ts';
import type { DaemonStatus } from '../../core/control/daemon-status.ts';
import type { DoorStatus } from '../../core/control/door-status.ts';
import type { LeaseStatus } from '../../core/control/lease-status.ts';
import { askDaemon, askForRows, type DaemonSelector, type NoAnswer } from '../ask/ask-daemon.ts';

/** BOUNDED: rows of each sort that are kept; no screen has more. */
const MAX_ROWS = 500;

/** One look at the daemon. */
export type WatchPoll = {
  /** On this process's clock, in milliseconds that only grow. */
  readonly at: number;
  readonly status: DaemonStatus;
  readonly doors: readonly DoorStatus[];
  readonly leases: readonly LeaseStatus[];
  readonly attempts: readonly PendingAttempt[];
};

export type PollResult = { readonly kind: 'poll'; readonly poll: WatchPoll } | NoAnswer;

/** Asks the daemon for everything that is shown, `limit` doors and leases at most. */
export async function takePoll(choice: DaemonSelector, limit = MAX_ROWS): Promise<PollResult> {
  const at = performance.now();
  const status = await askDaemon(choice, { verb: 'status' });
  if (status.kind !== 'answer') return status;
  const doors = await askForRows(choice, { verb: 'doors', limit });
  if (doors.kind !== 'answer') return doors;
  const leases = await askForRows(choice, { verb: 'leases', limit });
  if (leases.kind !== 'answer') return leases;
  const attempts = await askForRows(choice, { verb: 'attempts' });
  if (attempts.kind !== 'answer') return attempts;
  const rows = { doors: doors.answer, leases: leases.answer, attempts: attempts.answer };
  return { kind: 'poll', poll: { at, status: status.answer.status, ...rows } };
}

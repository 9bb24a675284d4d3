import type { PendingAttempt } from '../../core/attempt/pending-attempt.ts';
import {
  askDaemonInParts,
  type DaemonReply,
  type DaemonRequest,
  type DaemonSelector,
} from '../ask/ask-daemon.ts';
import type { DaemonStatus, DoorStatus, LeaseStatus } from '../daemon/status/daemon-view.ts';

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

export type PollResult =
  | { readonly kind: 'poll'; readonly poll: WatchPoll }
  | Exclude<DaemonReply, { kind: 'answer' }>;

/** Asks the daemon for everything that is shown, `limit` doors and leases at most. */
export async function takePoll(choice: DaemonSelector, limit = MAX_ROWS): Promise<PollResult> {
  const rows = { doors: [] as unknown[], leases: [] as unknown[], attempts: [] as unknown[] };
  const at = performance.now();
  let status: unknown;
  for (const verb of ['status', 'doors', 'leases', 'attempts'] as const) {
    const isLong = verb === 'doors' || verb === 'leases';
    const request: DaemonRequest = { verb, ...(isLong ? { limit } : {}) };
    const reply = await askDaemonInParts(choice, request, (part) => {
      if (verb === 'status') status = part.status;
      else rows[verb].push(...(part[verb] as readonly unknown[]));
    });
    if (reply.kind !== 'answer') return reply;
  }
  // What comes from the socket was made by `DaemonView`: both ends are one program.
  return { kind: 'poll', poll: { at, status, ...rows } as WatchPoll };
}

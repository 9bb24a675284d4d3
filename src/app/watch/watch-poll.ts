import type { Overview } from '../../core/control/overview.ts';

/** BOUNDED: rows kept of each kind. No screen has more. */
export const MAX_ROWS = 500;

/** One poll of the daemon. */
export type WatchPoll = Pick<Overview, 'status' | 'doors' | 'leases' | 'attempts' | 'rates'> & {
  /** Monotonic milliseconds of this process. */
  readonly at: number;
};

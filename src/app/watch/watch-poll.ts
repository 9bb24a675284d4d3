import type { Overview } from '../../core/control/overview.ts';

/** BOUNDED: rows of each sort that are kept; no screen has more. */
export const MAX_ROWS = 500;

/** One look at the daemon. */
export type WatchPoll = Pick<Overview, 'status' | 'doors' | 'leases' | 'attempts' | 'rates'> & {
  /** On this process's clock, in milliseconds that only grow. */
  readonly at: number;
};

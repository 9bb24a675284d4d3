import type { Settings } from '../../../core/config/file/config.ts';
import type { LogTargets } from '../reporting/open-sinks.ts';

/** What the undo watch is told first. */
export type RollbackRequest = {
  readonly kind: 'watch';
  readonly settings: Settings;
  readonly log: LogTargets;
  /** The daemon's process ID. */
  readonly pid: number;
  /** On the clock that counts from boot, sleep included: by then the daemon has undone it, or never will. */
  readonly lastMoment: number;
};

/** From the daemon to the watch: `over` when there is nothing to undo any more. */
export type ToRollback = RollbackRequest | { readonly kind: 'over' };

/** And back: it stands ready, or cannot. */
export type FromRollback = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly why: string };

import type { Settings } from '../../../core/config/file/config.ts';
import type { LogTargets } from '../reporting/open-sinks.ts';

/** The first message to the rollback process. */
export type RollbackRequest = {
  readonly kind: 'watch';
  readonly settings: Settings;
  readonly log: LogTargets;
  /** The daemon's process ID. */
  readonly pid: number;
  /** On the boot clock, which counts sleep: by then the daemon has rolled back itself, or never will. */
  readonly lastMoment: number;
};

/** From the daemon to the rollback process. `over`: there is nothing left to roll back. */
export type ToRollback = RollbackRequest | { readonly kind: 'over' };

/** From the rollback process to the daemon: it is ready, or cannot be. */
export type FromRollback = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly why: string };

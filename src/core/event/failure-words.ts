import type { CommandFailure } from './event.ts';

/** How a command failed, to follow its name: `failed with status 2: no such table`. */
export function renderFailure(failure: CommandFailure, errors?: string): string {
  const why = errors === undefined ? '' : `: ${errors}`;
  switch (failure.kind) {
    case 'status':
      return `failed with status ${failure.status}${why}`;
    case 'signal':
      return `was terminated by signal ${failure.signal}${why}`;
    case 'timed-out':
      return `exceeded its time limit of ${failure.timeMs / 1000} s and was terminated${why}`;
    case 'not-started':
      return `could not be started: ${failure.reason}`;
    default:
      throw new Error(`a failure without words: ${JSON.stringify(failure satisfies never)}`);
  }
}

/**
 * Whether a command ended by itself, successfully or not. One killed by a signal or its time limit may have done half
 * of its work, one that could not be started none: a door that it was to close may still be open.
 */
export const hasEndedByItself = (failure: CommandFailure | undefined): boolean =>
  failure === undefined || failure.kind === 'status';

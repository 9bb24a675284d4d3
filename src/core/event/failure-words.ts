import type { CommandFailure } from './event.ts';

/** What a command did that did not end well, to stand behind its name: `failed with status 2: no such table`. */
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
 * Whether a command has come to an end of its own, well or not. One that a signal or its time limit has ended may have
 * done half of its work, one that could not be started none: if it was to close a door, that may be open still.
 */
export const hasEndedByItself = (failure: CommandFailure | undefined): boolean =>
  failure === undefined || failure.kind === 'status';

import { renderEnglish, said } from '../say/render-english.ts';
import type { Said } from '../say/said.ts';
import type { CommandFailure } from './event.ts';

/** How a command failed, to follow its name: `failed with status 2: no such table`. */
export const renderFailure = (failure: CommandFailure, errors?: string): string =>
  renderEnglish(saidFailure(failure, errors));

export function saidFailure(failure: CommandFailure, errors?: string): Said {
  const why = errors === undefined ? '' : `: ${errors}`;
  switch (failure.kind) {
    case 'status':
      return said('status', { status: failure.status, why });
    case 'signal':
      return said('signal', { signal: failure.signal, why });
    case 'timed-out':
      return said('timed-out', { limit: failure.timeMs / 1000, why });
    case 'not-started':
      return said('not-started', { reason: failure.reason });
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

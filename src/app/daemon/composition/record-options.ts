import { join } from 'node:path';
import type { Clock } from '../../../host/clock/clock.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import { startOptionsOf } from '../../config/start-options.ts';
import { recordStart } from '../../state/last-start.ts';
import type { State } from '../../state/open-state.ts';

type RecordOptionsParts = {
  readonly clock: Clock;
  readonly state: State;
  readonly name: string;
  /** The state directory. `undefined` if it could not be opened. */
  readonly directory: string | undefined;
};

/** Records the start options, so that `bussa check` and others can use them while no daemon runs. Best effort. */
export function recordOptions(
  options: DaemonOptions,
  { directory, state, name, clock }: RecordOptionsParts,
): void {
  const write = (own: string): void => {
    try {
      recordStart(own, startOptionsOf(options), clock.wall());
    } catch {
      // The disk is full, which has already been reported.
    }
  };
  if (directory !== undefined) write(directory);
  else state.onceOpen(() => write(join(options.stateDirectory, name)));
}

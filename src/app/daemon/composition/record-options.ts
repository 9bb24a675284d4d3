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
  /** Of the state; `undefined` where it could not be opened. */
  readonly directory: string | undefined;
};

/** Where this daemon is no more, `bussa check` and the like judge its file by that. It is good to have, no more. */
export function recordOptions(
  options: DaemonOptions,
  { directory, state, name, clock }: RecordOptionsParts,
): void {
  const write = (own: string): void => {
    try {
      recordStart(own, startOptionsOf(options), clock.wall());
    } catch {
      // A full disk has no room for it, and that has been said.
    }
  };
  if (directory !== undefined) write(directory);
  else state.onceOpen(() => write(join(options.stateDirectory, name)));
}

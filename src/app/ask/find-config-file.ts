import { join } from 'node:path';
import type { DaemonStatus, StartOptions } from '../../core/control/daemon-status.ts';
import { descriptorOf } from '../../host/files/descriptor-name.ts';
import { DEFAULT_CONFIG_FILE } from '../config/daemon-options.ts';
import type { RecordedStart } from '../config/start-options.ts';
import { readLastStart, readStart } from '../state/last-start.ts';
import { stateName } from '../state/open-state.ts';
import { askDaemon, type DaemonSelector, findSockets, type NoAnswer } from './ask-daemon.ts';

/** The configuration that a verb examines. */
export type FoundConfigFile = {
  readonly file: string;
  /**
   * Where the file name comes from. `named`: the command line · `running`: the running daemon · `last`: no daemon
   * answers, this is the file of the last start · `default`: nothing else is known.
   */
  readonly from: 'named' | 'running' | 'last' | 'default';
  /** The options that the daemon of this configuration runs with, or last ran with. */
  readonly options?: StartOptions;
  /** Status of the running daemon. */
  readonly status?: DaemonStatus;
};

/** If several daemons run and none was named, none is selected. */
export async function findConfigFile(choice: DaemonSelector): Promise<FoundConfigFile | NoAnswer> {
  const { configFile, stateDirectory, interfaces } = choice;
  const found = await findSockets(choice);
  if (found.kind === 'found') {
    const reply = await askDaemon(choice, { verb: 'status' });
    if (reply.kind === 'answer') {
      const { status } = reply.answer;
      const { options } = status;
      const file = configFile ?? status.configFile;
      if (descriptorOf(file) !== undefined) return notAgain(file);
      return { file, from: configFile === undefined ? 'running' : 'named', options, status };
    }
    if (found.paths.length > 1) return reply;
  }
  if (configFile !== undefined || interfaces !== undefined) {
    const file = configFile ?? DEFAULT_CONFIG_FILE;
    const options = readStart(join(stateDirectory, stateName(file, interfaces)));
    return { file, from: 'named', ...(options === undefined ? {} : { options }) };
  }
  const last = readLastStart(stateDirectory);
  return last === undefined ? { file: DEFAULT_CONFIG_FILE, from: 'default' } : usedLast(last);
}

/** The file came through a pipe and has already been read. */
function notAgain(file: string): NoAnswer {
  const message = `the running daemon has read its configuration from ${file}, which cannot be read again: name the file it came from`;
  return { kind: 'failed', message };
}

function usedLast(last: RecordedStart): FoundConfigFile {
  return { file: last.configFile, from: 'last', options: last };
}

/** Explains which file was chosen, where that may surprise. */
export function renderChoice({ file, from }: FoundConfigFile): string | undefined {
  return from === 'last' ? `no daemon answers: this judges ${file}, which the last one used` : undefined;
}

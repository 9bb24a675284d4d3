import { join } from 'node:path';
import type { DaemonStatus, StartOptions } from '../../core/control/daemon-status.ts';
import { descriptorOf } from '../../host/files/descriptor-name.ts';
import { DEFAULT_CONFIG_FILE } from '../config/daemon-options.ts';
import type { RecordedStart } from '../config/start-options.ts';
import { readLastStart, readStart } from '../state/last-start.ts';
import { stateName } from '../state/open-state.ts';
import { askDaemon, type DaemonSelector, findSockets, type NoAnswer } from './ask-daemon.ts';

/** The configuration that a verb judges. */
export type JudgedFile = {
  readonly file: string;
  /**
   * `named`: by whoever asks · `running`: of the daemon that runs, as it says itself · `last`: none answers, and the last one
   * used it · `default`: nobody has said anything else.
   */
  readonly from: 'named' | 'running' | 'last' | 'default';
  /** With what the daemon of this configuration runs, or ran last. */
  readonly options?: StartOptions;
  /** Of the daemon that runs. */
  readonly status?: DaemonStatus;
};

/** Where several daemons run and none was named, none is meant. */
export async function findJudged(choice: DaemonSelector): Promise<JudgedFile | NoAnswer> {
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

/** What came through it has been read. */
function notAgain(file: string): NoAnswer {
  const message = `the running daemon has read its configuration from ${file}, which cannot be read again: name the file it came from`;
  return { kind: 'failed', message };
}

function usedLast(last: RecordedStart): JudgedFile {
  return { file: last.configFile, from: 'last', options: last };
}

/** What is said of the choice, where it is not what one would think. */
export function renderChoice({ file, from }: JudgedFile): string | undefined {
  return from === 'last' ? `no daemon answers: this judges ${file}, which the last one used` : undefined;
}

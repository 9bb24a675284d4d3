import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartOptions } from '../../core/control/daemon-status.ts';
import type { Instant } from '../../core/net/time.ts';
import { descriptorOf } from '../../host/files/descriptor-name.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { parseRecordedStart, type RecordedStart } from '../config/start-options.ts';

/** The file in the daemon's own directory. */
const FILE = 'started-with.json';

/** BOUNDED: bytes read from such a file. */
const MAX_BYTES = 1 << 16;

/**
 * Records the options of the last start of this directory's daemon, unless its configuration came through a descriptor,
 * which means something else next time. Throws with the system's reason.
 */
export function recordStart(directory: string, options: StartOptions, at: Instant): void {
  if (descriptorOf(options.configFile) !== undefined) return;
  const path = join(directory, FILE);
  // A FIFO at this path must not block the start.
  closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK, 0o600));
  replaceFile(path, Buffer.from(`${JSON.stringify({ ...options, at } satisfies RecordedStart)}\n`));
}

/** `undefined`: nothing is recorded, or it cannot be read. */
export function readStart(directory: string): RecordedStart | undefined {
  try {
    const text = readFileSync(join(directory, FILE), {
      encoding: 'utf8',
      flag: constants.O_RDONLY | constants.O_NONBLOCK,
    });
    return text.length > MAX_BYTES ? undefined : parseRecordedStart(text);
  } catch {
    return undefined;
  }
}

/** The latest record of all daemons below this directory whose configuration file still exists. */
export function readLastStart(stateDirectory: string): RecordedStart | undefined {
  let names: readonly string[];
  try {
    names = readdirSync(stateDirectory);
  } catch {
    return undefined;
  }
  return names
    .map((name) => readStart(join(stateDirectory, name)))
    .filter((start) => start !== undefined)
    .filter(({ configFile }) => existsSync(configFile))
    .reduce<RecordedStart | undefined>(
      (last, one) => (last === undefined || one.at >= last.at ? one : last),
      undefined,
    );
}

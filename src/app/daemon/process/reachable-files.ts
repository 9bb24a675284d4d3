import { closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../../core/config/file/config.ts';
import { absolutePath } from '../../../host/files/absolute-path.ts';
import { descriptorOf } from '../../../host/files/descriptor-name.ts';
import { ownFiles } from '../../../host/self/own-program.ts';
import { authorityFiles } from '../../config/authority.ts';
import { type DaemonOptions, DEFAULT_PID_FILE } from '../../config/daemon-options.ts';

const { O_APPEND, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/**
 * The first file that this thread cannot use as the daemon must, although it exists or could be created. Without
 * CAP_DAC_OVERRIDE, file modes apply to root as well.
 */
export function findUnreachable(options: DaemonOptions, config: Config): string | undefined {
  const { settings, doors } = config;
  const logFile = settings.logFile ?? options.logFile ?? '';
  const pidFile = settings.pidFile ?? options.pidFile ?? DEFAULT_PID_FILE;
  const oneTime = doors.flatMap(({ sequenceSource: source }) =>
    source.kind === 'one-time' ? [source.path] : [],
  );
  const read = [...ownFiles(), ...Object.values(authorityFiles(config) ?? {})];
  if (descriptorOf(options.configFile) === undefined) read.push(options.configFile);
  return (
    read.find((path) => !canOpen(path, O_RDONLY)) ??
    oneTime.find((path) => !canOpen(path, O_RDWR)) ??
    (logFile === '' || canAppend(logFile) ? undefined : logFile) ??
    (canMakeIn(options.stateDirectory) ? undefined : options.stateDirectory) ??
    (!options.background || canMakeIn(dirname(pidFile)) ? undefined : pidFile)
  );
}

function canAppend(path: string): boolean {
  return existsSync(path) ? canOpen(path, O_WRONLY | O_APPEND | O_NONBLOCK) : canMakeIn(dirname(path));
}

/** Errors other than a missing permission would affect root with all capabilities too. */
function canOpen(path: string, flags: number): boolean {
  try {
    closeSync(openSync(path, flags));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EACCES';
  }
}

/** Whether entries can be created in the directory or, if it does not exist, in its nearest existing parent. */
function canMakeIn(directory: string): boolean {
  let place = absolutePath(directory);
  for (;;) {
    try {
      const { uid, gid, mode } = statSync(place);
      const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
      const shift = uid === process.geteuid?.() ? 6 : groups.includes(gid) ? 3 : 0;
      return ((mode >> shift) & 0o3) === 0o3 && canOpen(place, O_RDONLY);
    } catch (error) {
      const above = dirname(place);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === place) return false;
      place = above;
    }
  }
}

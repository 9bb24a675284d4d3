import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A FIFO at this path must not block the start. */
const OVERWRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;
const READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Records which process holds this directory. */
export function recordHolder(own: string): void {
  try {
    const file = openSync(join(own, 'pid'), OVERWRITE, 0o600);
    try {
      writeSync(file, `${process.pid}\n`);
    } finally {
      closeSync(file);
    }
  } catch {
    // The disk is full. The store may still be usable.
  }
}

/** The daemon that holds this directory, or held it last, if that process lives. */
export function pidIn(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, 'pid'), { encoding: 'utf8', flag: READ }));
    return Number.isInteger(pid) && pid > 1 && existsSync(`/proc/${pid}`) ? pid : undefined;
  } catch {
    return undefined;
  }
}

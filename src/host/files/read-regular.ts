import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readDescriptor } from './read-whole.ts';

/** stat(2): what a name may stand for that is no file. */
const OTHERS = [
  ['isDirectory', 'a directory'],
  ['isFIFO', 'a named pipe'],
  ['isSocket', 'a socket'],
  ['isCharacterDevice', 'a device'],
  ['isBlockDevice', 'a device'],
] as const;

/**
 * All of a regular file of at most `limit` bytes. A pipe would hold something else for the next reader, and an empty one
 * reads like an empty file. Throws with a reason.
 */
export function readRegular(path: string, limit: number): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stats = fstatSync(fd);
    const other = OTHERS.find(([is]) => stats[is]());
    if (other !== undefined) throw new Error(`it is ${other[1]}, and must be a regular file`);
    return readDescriptor(fd, limit);
  } finally {
    closeSync(fd);
  }
}

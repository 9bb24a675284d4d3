import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readDescriptor } from './read-whole.ts';

/** stat(2): what a path may be instead of a regular file. */
const OTHERS = [
  ['isDirectory', 'a directory'],
  ['isFIFO', 'a named pipe'],
  ['isSocket', 'a socket'],
  ['isCharacterDevice', 'a device'],
  ['isBlockDevice', 'a device'],
] as const;

/**
 * The content of a regular file of at most `limit` bytes. A pipe is refused: the next reader would get other content,
 * and an empty one looks like an empty file. Throws with a reason.
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

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { withPath } from './with-path.ts';

/** BOUNDED: bytes of a file written by hand. 65,536 doors with comments take a quarter of it. */
const MAX_BYTES = 1 << 26;

const PIECE_BYTES = 1 << 16;

/** How long a pipe's writer may take for its next bytes. */
const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 5;
const WAITING = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * The whole content of a file or a pipe, including `/dev/stdin`. Throws with the system's reason, or because the
 * content does not end: a pipe without a writer, or a device, must not block the reader.
 */
export function readWhole(path: string): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    return readDescriptor(fd, MAX_BYTES);
  } catch (error) {
    throw withPath(error, path);
  } finally {
    closeSync(fd);
  }
}

/** The same for a descriptor opened with O_NONBLOCK, with its own limit. */
export function readDescriptor(fd: number, limit: number): Uint8Array {
  const { size: expected } = fstatSync(fd);
  if (expected > limit) throw tooLong(limit);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let isEnd = false; !isEnd; ) {
    // One more byte detects the end without another buffer.
    const piece = new Uint8Array(Math.max(expected - length + 1, PIECE_BYTES));
    const count = readPatiently(fd, piece);
    pieces.push(piece.subarray(0, count));
    length += count;
    if (length > limit) throw tooLong(limit);
    isEnd = count === 0;
  }
  return Buffer.concat(pieces, length);
}

function readPatiently(fd: number, piece: Uint8Array): number {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
    try {
      return readSync(fd, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(WAITING, 0, 0, LOOK_EVERY_MS);
    }
  }
  throw new Error(`no more data came for ${PATIENCE_MS / 1000} s, and it has not ended`);
}

const tooLong = (limit: number): Error => new Error(`it has more than ${limit} bytes`);

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** BOUNDED: bytes of a file that somebody wrote; 65,536 doors with their comments are a quarter of it. */
const MAX_BYTES = 1 << 26;

const PIECE_BYTES = 1 << 16;

/** How long the writer of a pipe may take for its next bytes. */
const PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 5;
const WAITING = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * All of a file or a pipe, `/dev/stdin` among them. Throws with a reason, the system's or that there is no end to it:
 * a pipe that nobody writes to, or a device, must not stop whoever reads.
 */
export function readWhole(path: string): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    return readDescriptor(fd, MAX_BYTES);
  } finally {
    closeSync(fd);
  }
}

/** The same of a descriptor that is open with O_NONBLOCK, with a limit of its own. */
export function readDescriptor(fd: number, limit: number): Uint8Array {
  const { size: expected } = fstatSync(fd);
  if (expected > limit) throw tooLong(limit);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let isEnd = false; !isEnd; ) {
    // One byte more tells the end without another buffer.
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

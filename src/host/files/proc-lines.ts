import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

/**
 * Yields the lines of a table in /proc one by one. On a busy host it may be hundreds of megabytes long. `maxBytes`: what
 * comes after them is left out.
 */
export function* readProcLines(
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Generator<string, void, void> {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(CHUNK_BYTES);
    // BOUNDED: the kernel's lines are shorter than 400 bytes.
    let begun = '';
    for (let total = 0; total < maxBytes; ) {
      const length = readSync(fd, bytes);
      if (length === 0) {
        if (begun !== '') yield begun;
        return;
      }
      total += length;
      const lines = (begun + bytes.toString('latin1', 0, length)).split('\n');
      begun = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(fd);
  }
}

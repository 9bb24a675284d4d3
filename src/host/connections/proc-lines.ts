import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

/** Yields the lines of a table in /proc one by one. On a busy host it may be hundreds of megabytes long. */
export function* readProcLines(path: string): Generator<string, void, void> {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(CHUNK_BYTES);
    // BOUNDED: the kernel's lines are shorter than 400 bytes.
    let begun = '';
    for (;;) {
      const length = readSync(fd, bytes);
      if (length === 0) break;
      const lines = (begun + bytes.toString('latin1', 0, length)).split('\n');
      begun = lines.pop() ?? '';
      yield* lines;
    }
    if (begun !== '') yield begun;
  } finally {
    closeSync(fd);
  }
}

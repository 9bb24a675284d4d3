import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { libc } from '../ffi/libc.ts';

/** linux/mman.h */
const MADV_DONTNEED = 4;

/** proc_pid_smaps(5): the first line of a mapping, for one of a file that is only read or run. */
const UNWRITTEN =
  /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ \S+ [0-9]+ +\/.*\n(?:[A-Z].*\n)*?Anonymous: +0 kB$/gm;

/**
 * Gives back what only the start has needed: objects and compiled functions that are over, the allocator's free memory
 * (malloc_trim(3)), and the pages of programs and libraries. These stay in the page cache, and those still needed come
 * back from there when they are touched; a mapping of which any page is this process's own copy is left alone. Takes
 * some 20 ms.
 */
export function releaseMemory(): void {
  const mappings = findUnwritten();
  // This one collects until nothing more is found, and gives whole pages back.
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  libc.mallocTrim(0);
  // What the kernel will not give back, a locked page for one, it keeps.
  for (const [start, end] of mappings) libc.madvise(start, end - start, MADV_DONTNEED);
}

/**
 * V8 favours memory over speed from now on. As an option of the start, it would have V8 refuse the compiled code that
 * Node.js brings with it: 5 to 10 ms of every start. Behind it, modules of Node.js are compiled when they are first used.
 */
export function favourSmallMemory(): void {
  setFlagsFromString('--optimize-for-size');
}

/** V8's own, which only a context that is made with that option has. As an option of the start, it would cost the same. */
function collector(): NodeJS.GCFunction {
  setFlagsFromString('--expose-gc');
  const gc: NodeJS.GCFunction = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return gc;
}

/** Begins and ends. The text, of some 200 KB, is garbage before it is collected. */
function findUnwritten(): readonly (readonly [bigint, bigint])[] {
  try {
    const text = readFileSync('/proc/self/smaps', 'latin1');
    return Array.from(text.matchAll(UNWRITTEN), ([, from, to]) => [BigInt(`0x${from}`), BigInt(`0x${to}`)]);
  } catch {
    // Without /proc, or a free descriptor, the pages stay.
    return [];
  }
}

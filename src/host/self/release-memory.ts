import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { libc } from '../ffi/libc.ts';

/** malloc.h, mallopt(3) */
const M_MMAP_THRESHOLD = -3;

/** Longer than what a packet or an opening asks for. */
const MAPPED_ALONE_BYTES = 65_536;

/** linux/mman.h */
const MADV_DONTNEED = 4;

/** proc_pid_smaps(5): the first line of a mapping, for one of a read-only or executable file. */
const UNWRITTEN =
  /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ \S+ [0-9]+ +\/.*\n(?:[A-Z].*\n)*?Anonymous: +0 kB$/gm;

/**
 * From now on the allocator maps long pieces by themselves, and returns them when they are freed. Without this, the first
 * long piece that is freed raises its limit, and later ones leave holes.
 */
export function mapLongPiecesAlone(): void {
  libc.mallopt(M_MMAP_THRESHOLD, MAPPED_ALONE_BYTES);
}

/**
 * Returns memory that only the start needed: dead objects and compiled functions, the allocator's free memory
 * (malloc_trim(3)), and pages of programs and libraries. Those stay in the page cache and are mapped again when
 * touched. A mapping with any private page is left alone. Takes about 20 ms.
 */
export function releaseMemory(): void {
  const mappings = findUnwritten();
  // This collector repeats until nothing more is found, and returns whole pages.
  collector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  libc.mallocTrim(0);
  // The kernel keeps what it cannot release, such as a locked page.
  for (const [start, end] of mappings) libc.madvise(start, end - start, MADV_DONTNEED);
}

/**
 * V8 favours memory over speed from now on. As a start option it would make V8 reject Node.js's precompiled code, which
 * costs 5 to 10 ms. After it, modules of Node.js are compiled at their first use.
 */
export function preferSmallMemory(): void {
  setFlagsFromString('--optimize-for-size');
}

/**
 * V8's own garbage collector, which only a context created with that option has. As a start option it would cost the
 * same.
 */
function collector(): NodeJS.GCFunction {
  setFlagsFromString('--expose-gc');
  const gc: NodeJS.GCFunction = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return gc;
}

/** Pairs of start and end. The text, some 200 KB, becomes garbage before the collection. */
function findUnwritten(): readonly (readonly [bigint, bigint])[] {
  try {
    const text = readFileSync('/proc/self/smaps', 'latin1');
    return Array.from(text.matchAll(UNWRITTEN), ([, from, to]) => [BigInt(`0x${from}`), BigInt(`0x${to}`)]);
  } catch {
    // Without /proc, or a free descriptor, the pages stay.
    return [];
  }
}

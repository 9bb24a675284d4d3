import koffi from 'koffi';
import { libc } from './libc.ts';

/** linux/mman.h */
const MADV_HUGEPAGE = 14;

/** Pages of x86-64, and of arm64 with its smallest; where they are larger, less of the memory gets them. */
const HUGE_PAGE = 2n * 1024n * 1024n;

/**
 * Asks for huge pages (madvise(2)) for a large table that is filled from its beginning: a look-up then costs no walk
 * through page tables. Its first huge page stays in small ones, so that a table with little in it takes little. Where
 * the kernel has no huge pages to give, nothing changes.
 */
export function preferHugePages(table: Int32Array): void {
  const from = koffi.address(table);
  const end = from + BigInt(table.byteLength);
  const start = ((from + HUGE_PAGE - 1n) / HUGE_PAGE + 1n) * HUGE_PAGE;
  const length = ((end - start) / HUGE_PAGE) * HUGE_PAGE;
  if (length > 0n) libc.madvise(start, length, MADV_HUGEPAGE);
}

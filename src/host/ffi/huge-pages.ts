import koffi from 'koffi';
import { libc } from './libc.ts';

/** linux/mman.h */
const MADV_HUGEPAGE = 14;

/** Page size on x86-64, and on arm64 with 4 KiB pages. Where huge pages are larger, less of the table gets them. */
const HUGE_PAGE = 2n * 1024n * 1024n;

/**
 * Requests huge pages (madvise(2)) for a large table that is filled from its beginning, so that a look-up needs no
 * page-table walk. The first huge page stays in small pages, so that a table with few entries takes little memory.
 * Without huge pages in the kernel nothing changes.
 */
export function preferHugePages(table: Int32Array): void {
  const from = koffi.address(table);
  const end = from + BigInt(table.byteLength);
  const start = ((from + HUGE_PAGE - 1n) / HUGE_PAGE + 1n) * HUGE_PAGE;
  const length = ((end - start) / HUGE_PAGE) * HUGE_PAGE;
  if (length > 0n) libc.madvise(start, length, MADV_HUGEPAGE);
}

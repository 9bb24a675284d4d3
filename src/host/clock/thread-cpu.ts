import { libc } from '../ffi/libc.ts';

/** linux/time.h: the time that this thread has run, without waiting. */
const CLOCK_THREAD_CPUTIME_ID = 3;

const timespec = new Uint8Array(16);
const fields = new BigInt64Array(timespec.buffer);

/** The CPU time of the calling thread, in ms. */
export function threadCpuMs(): number {
  if (libc.clockGettime(CLOCK_THREAD_CPUTIME_ID, timespec) !== 0)
    throw new Error('CLOCK_THREAD_CPUTIME_ID cannot be read');
  return Number(fields[0]) * 1000 + Number(fields[1]) / 1e6;
}

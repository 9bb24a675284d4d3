import { libc } from '../ffi/libc.ts';

/** linux/time.h: the clock that the kernel stamps packets with. */
const CLOCK_REALTIME = 0;

const timespec = new Uint8Array(16);
const fields = new BigInt64Array(timespec.buffer);

/** Milliseconds since 1970 with their fractions, which Date.now() leaves out. */
export function exactWallMs(): number {
  if (libc.clockGettime(CLOCK_REALTIME, timespec) !== 0) throw new Error('CLOCK_REALTIME cannot be read');
  return Number(fields[0]) * 1000 + Number(fields[1]) / 1e6;
}

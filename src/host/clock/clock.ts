import { readFileSync } from 'node:fs';
import { type Instant, instant } from '../../core/net/time.ts';
import { libc } from '../ffi/libc.ts';
import { randomBytes } from '../self/random-bytes.ts';

/** linux/time.h: counts from boot, including sleep, and cannot be set. */
const CLOCK_BOOTTIME = 7;

export interface Clock {
  /** Milliseconds since the machine started. */
  sinceBoot(): Instant;
  /** Milliseconds since 1970 by the wall clock, which may jump. */
  wall(): Instant;
  /** Identifies the boot that `sinceBoot` counts from. */
  readonly bootId: string;
}

export function openSystemClock(): Clock {
  const timespec = new Uint8Array(16);
  const fields = new BigInt64Array(timespec.buffer);
  return {
    sinceBoot: () => {
      if (libc.clockGettime(CLOCK_BOOTTIME, timespec) !== 0) throw new Error('CLOCK_BOOTTIME cannot be read');
      return instant(Number(fields[0]) * 1000 + Number(fields[1]) / 1e6);
    },
    wall: () => instant(Date.now()),
    bootId: readBootId(),
  };
}

/**
 * Without /proc the boot is unknown. It then counts as a new one, and state of an earlier daemon as from another boot.
 */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `unknown-${Buffer.from(randomBytes(8)).toString('hex')}`;
  }
}

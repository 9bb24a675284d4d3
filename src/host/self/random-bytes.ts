import { libc } from '../ffi/libc.ts';
import { lastError } from '../ffi/system-call-error.ts';

/** getrandom(2): up to this many bytes arrive at once, and no signal interrupts it. */
const AT_ONCE = 256;

/** At most 256 random bytes from the kernel. `node:crypto` would take 1 MB of private memory for the same. */
export function randomBytes(length: number): Uint8Array {
  if (length > AT_ONCE) throw new RangeError(`${length} random bytes: at most ${AT_ONCE} at a time`);
  const bytes = new Uint8Array(length);
  if (libc.getrandom(bytes, length, 0) !== length) throw lastError('getrandom', 'random bytes');
  return bytes;
}

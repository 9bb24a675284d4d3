import { LibpcapError } from './libpcap.ts';
import { SystemCallError } from './system-call-error.ts';

/**
 * Whether it is the machine that says no: a system call of ours or of Node.js's, memory, a library. Anything else that is
 * thrown is our own bug.
 */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof SystemCallError || error instanceof LibpcapError) return true;
  if ('syscall' in error && 'code' in error) return true;
  // V8's and koffi's own words, which have no code.
  return (
    (error instanceof RangeError && /allocation failed|out of memory/i.test(error.message)) ||
    /^Failed to load shared library: /.test(error.message)
  );
}

/** Of a refusal: whether another user, or a capability, would be let. */
export function isForbidden(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPERM' || code === 'EACCES';
}

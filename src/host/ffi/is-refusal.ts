import { isNativeCodeMissing } from './is-unavailable.ts';

/** Errors of this floor. By their names: what asks has no native code loaded yet, or could not load it. */
const OWN: ReadonlySet<string> = new Set([
  'SystemCallError',
  'LibpcapError',
  'LibnftablesError',
  'FirewallError',
  'ExhaustedError',
  'StoreError',
  'ControlError',
  'SystemdError',
  'CaptureFileError',
]);

/**
 * Whether it is the machine that says no: a system call of ours or of Node.js's, memory, a library. Anything else that is
 * thrown is our own bug.
 */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (OWN.has(error.name)) return true;
  if (isNativeCodeMissing(error) && /koffi/i.test(error.message)) return true;
  if ('code' in error && ('syscall' in error || error.code === 'ERR_DLOPEN_FAILED')) return true;
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

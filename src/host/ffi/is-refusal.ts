import { isNativeCodeMissing } from './is-native-code-missing.ts';

/** Errors of this layer. Compared by name, because the caller may not have loaded native code, or could not. */
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
  'EngineError',
]);

/**
 * Whether the system refused: a system call of ours or of Node.js's, memory, or a library. Any other exception is our
 * own bug.
 */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (OWN.has(error.name)) return true;
  if (isNativeCodeMissing(error) && /koffi/i.test(error.message)) return true;
  if ('code' in error && ('syscall' in error || error.code === 'ERR_DLOPEN_FAILED')) return true;
  // Messages of V8 and koffi that have no code.
  return (
    (error instanceof RangeError && /allocation failed|out of memory/i.test(error.message)) ||
    /^Failed to load shared library: /.test(error.message)
  );
}

/** Whether another user, or a capability, would be allowed. */
export function isForbidden(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPERM' || code === 'EACCES';
}

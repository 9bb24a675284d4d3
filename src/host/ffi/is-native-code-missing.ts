/** koffi's messages without a build for this machine, and the loader's message about a missing library. */
const WORDS = /^(?:Cannot find the native Koffi module|Failed to load shared library: )/;

/** Node.js's codes for a package that is not installed, and for an addon that does not load. */
const CODES: ReadonlySet<unknown> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_DLOPEN_FAILED',
]);

/** Whether native code is unavailable on this machine: not Linux, no koffi, or another libc. */
export function isNativeCodeMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return WORDS.test(error.message) || ('code' in error && CODES.has(error.code));
}

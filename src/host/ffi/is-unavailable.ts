/** koffi's own words where it has no build for this machine, and those of its loader where a library is missing. */
const WORDS = /^(?:Cannot find the native Koffi module|Failed to load shared library: )/;

/** Node.js's codes for a package that is not installed, and for an addon that does not load. */
const CODES: ReadonlySet<unknown> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_DLOPEN_FAILED',
]);

/** Whether loading native code failed because this machine has none: not Linux, no koffi, or another libc. */
export function isNativeCodeMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return WORDS.test(error.message) || ('code' in error && CODES.has(error.code));
}

const CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN']);

/**
 * Whether a call failed for lack of descriptors, processes or memory. What could not be examined for that reason must
 * not count as missing.
 */
export function isExhausted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}

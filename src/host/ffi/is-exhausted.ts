const CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN']);

/**
 * Whether there was no descriptor, process or memory left for a call. What could not be looked at for that is not to be
 * taken for missing.
 */
export function isExhausted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}

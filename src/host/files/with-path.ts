/** The error of a call on a descriptor, with the path that the descriptor was opened with: Node.js leaves it out. */
export function withPath(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error && !('path' in error))
    return Object.assign(error, { path });
  return error;
}

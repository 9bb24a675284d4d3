/** Nothing for others, only reading for the group: umask(2). */
const TIGHT = 0o027;

/**
 * The caller's umask, while this process uses a tighter one. A umask applies to the whole process, and so does this.
 */
let callers: number | undefined;

/** From now on nobody else can write what this process creates, and only its group can read it. */
export function tightenUmask(): void {
  const before = process.umask();
  // A second call would find this process's own umask.
  callers ??= before;
  process.umask(before | TIGHT);
}

/** The umask for commands: the one that this process was started with. */
export function callersUmask(): number {
  return callers ?? process.umask();
}

/** Starts a program synchronously under the caller's umask. */
export function withCallersUmask<Result>(start: () => Result): Result {
  const tight = process.umask(callersUmask());
  try {
    return start();
  } finally {
    process.umask(tight);
  }
}

/** Nothing for others, nothing but reading for the group: umask(2). */
const TIGHT = 0o027;

/** The caller's, while this process has a tight one: a mask is the whole process's, and so is this. */
let callers: number | undefined;

/** From now on whatever this process makes is nobody else's to write or, but for its group, to read. */
export function tightenUmask(): void {
  const before = process.umask();
  // Called twice, the second finds its own.
  callers ??= before;
  process.umask(before | TIGHT);
}

/** The mask that commands are to find: the one that this process was started with. */
export function callersUmask(): number {
  return callers ?? process.umask();
}

/** Starts a program, synchronously, under the caller's mask. */
export function withCallersUmask<Result>(start: () => Result): Result {
  const tight = process.umask(callersUmask());
  try {
    return start();
  } finally {
    process.umask(tight);
  }
}

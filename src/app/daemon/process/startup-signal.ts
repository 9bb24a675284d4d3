/** The descriptor on which a background daemon tells its parent that it listens, named in its environment. */
export const READY_FD = 3;

const READY_VARIABLE = 'BUSSA_READY_FD';

/** Marks the child that a parent waits for. */
export const STARTUP_SIGNAL: Readonly<Record<string, string>> = { [READY_VARIABLE]: String(READY_FD) };

/** Whether this process is that child. Removes the mark, so that commands do not inherit it. */
export function consumeStartupSignal(): boolean {
  const marked = process.env[READY_VARIABLE] === String(READY_FD);
  delete process.env[READY_VARIABLE];
  return marked;
}

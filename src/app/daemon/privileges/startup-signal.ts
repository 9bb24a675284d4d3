/** The descriptor on which a daemon in the background tells its parent that it listens, named in its environment. */
export const READY_FD = 3;

const READY_VARIABLE = 'BUSSA_READY_FD';

/** What marks the child that a parent waits for. */
export const STARTUP_SIGNAL: Readonly<Record<string, string>> = { [READY_VARIABLE]: String(READY_FD) };

/** Whether this process is that child. The mark does not go on to the commands. */
export function takeStartupSignal(): boolean {
  const marked = process.env[READY_VARIABLE] === String(READY_FD);
  delete process.env[READY_VARIABLE];
  return marked;
}

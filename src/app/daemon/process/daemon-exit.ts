/** sysexits.h, and 1 for what has no number of its own. */
export const DAEMON_EXIT = { ok: 0, failed: 1, software: 70, permission: 77, config: 78 } as const;

export type DaemonExit = (typeof DAEMON_EXIT)[keyof typeof DAEMON_EXIT];

/** Exit statuses of the programs, on which scripts may rely. Those from 64 on are from sysexits.h. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  noDaemon: 69,
  software: 70,
  permission: 77,
  config: 78,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

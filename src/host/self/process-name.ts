import { writeFileSync } from 'node:fs';

/** Names this process for ps, pgrep and killall, which would see `node`. proc_pid_comm(5): at most 15 bytes. */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch (error) {
    // A program with file capabilities may not be dumped, and then its /proc entries are root's.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

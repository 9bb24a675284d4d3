import { nameThread } from '../ffi/process-calls.ts';

/**
 * Names this process for ps, pgrep and killall, which would otherwise show `node`. proc_pid_comm(5): at most 15 bytes.
 */
export function nameProcess(name: string): void {
  nameThread(name);
}

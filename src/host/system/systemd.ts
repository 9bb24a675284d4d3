import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** sd_booted(3) */
const BOOTED = '/run/systemd/system';

/** A job may wait for others: for so long at most. */
const DEADLINE_MS = 90_000;

/** systemd would not; the message has the command and its last words. */
export class SystemdError extends Error {
  override readonly name = 'SystemdError';
}

export type ServiceState = { readonly hasUnit: boolean; readonly isActive: boolean };

/** Whether systemd is the machine's init. */
export const isSystemdRunning = (): boolean => existsSync(BOOTED);

/** What systemd knows of a service. */
export async function readService(name: string): Promise<ServiceState> {
  const text = await run('systemctl', ['show', '-p', 'LoadState', '-p', 'ActiveState', `${name}.service`]);
  return {
    hasUnit: /^LoadState=loaded$/m.test(text),
    isActive: /^ActiveState=(?:active|activating|reloading)$/m.test(text),
  };
}

/** Runs systemctl(1); rejects with a `SystemdError`. */
export async function systemctl(...args: readonly string[]): Promise<void> {
  await run('systemctl', args);
}

/** Has systemd run a systemctl command after this time, whatever becomes of this process. `unit` names it. */
export async function systemctlLater(
  seconds: number,
  unit: string,
  ...args: readonly string[]
): Promise<void> {
  const timer = [`--unit=${unit}`, `--on-active=${seconds}`, '--timer-property=AccuracySec=1s', '--collect'];
  await run('systemd-run', [...timer, 'systemctl', ...args]);
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: DEADLINE_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new SystemdError(`${[command, ...args].join(' ')}: ${stderr.trim() || error.message}`));
    });
  });
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Millis, millis } from '../../core/net/time.ts';

/** sd_booted(3) */
const BOOTED = '/run/systemd/system';

/** A systemd job may wait for others: at most this long. */
const DEADLINE_MS = 90_000;

/** systemd refused. The message has the command and its last line of output. */
export class SystemdError extends Error {
  override readonly name = 'SystemdError';
}

export type ServiceState = {
  /** As systemctl shows it: `loaded`, `not-found`, `masked`, `bad-setting`. */
  readonly load: string;
  readonly isActive: boolean;
  /** 0: none runs. */
  readonly mainPid: number;
};

/** Whether systemd is the machine's init. */
export const isSystemdRunning = (): boolean => existsSync(BOOTED);

/** What systemd knows about a service. */
export async function readService(name: string): Promise<ServiceState> {
  const properties = ['LoadState', 'ActiveState', 'MainPID'].flatMap((property) => ['-p', property]);
  const text = await run('systemctl', ['show', ...properties, `${name}.service`]);
  return {
    load: /^LoadState=(.*)$/m.exec(text)?.[1] ?? '',
    isActive: /^ActiveState=(?:active|activating|reloading)$/m.test(text),
    mainPid: Number(/^MainPID=(\d+)$/m.exec(text)?.[1] ?? 0),
  };
}

/** Time until a timer of `systemctlLater` elapses; `undefined`: it has elapsed. Rejects with a `SystemdError`. */
export async function readTimer(unit: string): Promise<Millis | undefined> {
  const name = `${unit}.timer`.replaceAll(/[^A-Za-z0-9]/g, (one) => `_${one.charCodeAt(0).toString(16)}`);
  const place = ['org.freedesktop.systemd1', `/org/freedesktop/systemd1/unit/${name}`];
  const property = ['org.freedesktop.systemd1.Timer', 'NextElapseUSecMonotonic'];
  const text = await run('busctl', ['get-property', ...place, ...property]);
  const due = /^t (\d{1,15})$/m.exec(text)?.[1];
  // Both count CLOCK_MONOTONIC. An elapsed timer has the largest possible number.
  const left = Number(due) / 1000 - Number(process.hrtime.bigint() / 1_000_000n);
  return due === undefined || due === '0' ? undefined : millis(Math.max(0, left));
}

/** Runs systemctl(1); rejects with a `SystemdError`. */
export async function systemctl(...args: readonly string[]): Promise<void> {
  await run('systemctl', args);
}

/** Has systemd run a systemctl command after this time, even if this process ends. `unit` names it. */
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

import { existsSync } from 'node:fs';
import type { Millis } from '../../core/net/time.ts';
import {
  isSystemdRunning,
  readService,
  readTimer,
  SystemdError,
  systemctl,
  systemctlLater,
} from '../../host/service-manager/systemd.ts';

export const SERVICE = 'knockd';
/** The timer that stops the service again unless somebody confirms that the knock works. */
const UNDO = 'bussa-init-undo';
/** systemd.unit(5): where systemd-run(1) places a unit while it is loaded. */
const TIMER_FILE = `/run/systemd/transient/${UNDO}.timer`;

/** The service on trial; `left`: until systemd stops it. */
export type ServiceTrial = { readonly left: Millis; readonly mainPid: number };

/** Whether the service is on trial. Starts no program. */
export const isOnTrial = (): boolean => existsSync(TIMER_FILE);

/** `undefined`: there is none, or it is over. */
export async function readServiceTrial(): Promise<ServiceTrial | undefined> {
  if (!isSystemdRunning() || !isOnTrial()) return undefined;
  try {
    const left = await readTimer(UNDO);
    return left === undefined ? undefined : { left, mainPid: (await readService(SERVICE)).mainPid };
  } catch (error) {
    if (error instanceof SystemdError) return undefined;
    throw error;
  }
}

/** Has systemd stop the service after this time. Rejects with a `SystemdError`. */
export async function beginTrial(seconds: number): Promise<void> {
  await forgetTrial();
  await systemctlLater(seconds, UNDO, 'stop', `${SERVICE}.service`);
}

/** The service stays, and starts at boot. Rejects with a `SystemdError`. */
export async function enableService(): Promise<void> {
  // First cancel the stop that systemd has scheduled: a failure after that leaves the service running.
  await forgetTrial();
  const { isActive } = await readService(SERVICE);
  if (!isActive) {
    throw new SystemdError(
      `the service ${SERVICE} is not running, so there is nothing to keep: see journalctl -u ${SERVICE}`,
    );
  }
  await systemctl('enable', `${SERVICE}.service`);
}

/** As if the service had never been started. Rejects with a `SystemdError`. */
export async function revertTrial(): Promise<void> {
  await systemctl('stop', `${SERVICE}.service`);
  await forgetTrial();
}

async function forgetTrial(): Promise<void> {
  // Only loaded units are stopped. The service is the timer's own, which runs the stop.
  for (const kind of ['timer', 'service']) await systemctl('stop', `${UNDO}.${kind}`).catch(() => undefined);
}

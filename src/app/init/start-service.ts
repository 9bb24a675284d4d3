import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  isSystemdRunning,
  readService,
  type ServiceState,
  SystemdError,
  systemctl,
  systemctlLater,
} from '../../host/system/systemd.ts';

const SERVICE = 'knockd';
/** The timer that stops the service again unless somebody has said that the knock works. */
const UNDO = 'bussa-init-undo';
const DEFAULTS = '/etc/default/knockd';
const UNIT = '/etc/systemd/system/knockd.service';
const PACKAGED_UNIT = fileURLToPath(new URL('../../../packaging/knockd.service', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../../bin/knockd', import.meta.url));

/** `no-systemd`: something else starts what runs here. `no-unit`: it is not installed, and cannot be from here. */
export type ServiceChance =
  | { readonly kind: 'no-systemd' | 'no-unit' | 'running' }
  | { readonly kind: 'ready'; readonly mustInstall: boolean };

/** Whether the service can be started. */
export async function findService(): Promise<ServiceChance> {
  if (!isSystemdRunning()) return { kind: 'no-systemd' };
  const { hasUnit, isActive }: ServiceState = await readService(SERVICE);
  if (isActive) return { kind: 'running' };
  if (!hasUnit && !existsSync(PACKAGED_UNIT)) return { kind: 'no-unit' };
  return { kind: 'ready', mustInstall: !hasUnit };
}

/**
 * Starts the service until `seconds` are over: then systemd itself stops it, which opens the ports again, whether this
 * process, its terminal or the daemon still lives. A boot before that finds it not enabled. Rejects with a `SystemdError`.
 */
export async function startOnTrial(mustInstall: boolean, seconds: number): Promise<void> {
  writeFiles(mustInstall);
  await systemctl('daemon-reload');
  await stopTimer();
  await systemctlLater(seconds, UNDO, 'stop', `${SERVICE}.service`);
  await systemctl('start', `${SERVICE}.service`);
}

/** It stays, and starts at boots. Rejects with a `SystemdError`. */
export async function keepService(): Promise<void> {
  const { isActive } = await readService(SERVICE);
  if (!isActive)
    throw new SystemdError(`the service ${SERVICE} does not run: journalctl -u ${SERVICE} says why`);
  await stopTimer();
  await systemctl('enable', `${SERVICE}.service`);
}

/** As if it had never been started. Rejects with a `SystemdError`. */
export async function undoTrial(): Promise<void> {
  await systemctl('stop', `${SERVICE}.service`);
  await stopTimer();
}

async function stopTimer(): Promise<void> {
  // Where there is none, there is none to stop.
  await systemctl('stop', `${UNDO}.timer`).catch(() => undefined);
}

function writeFiles(mustInstall: boolean): void {
  try {
    if (mustInstall) installUnit();
    allowStart();
  } catch (error) {
    throw new SystemdError(`the service cannot be installed: ${(error as Error).message}`);
  }
}

function installUnit(): void {
  const unit = readFileSync(PACKAGED_UNIT, 'utf8').replace(/^ExecStart=\S+/m, `ExecStart=${PROGRAM}`);
  mkdirSync('/etc/systemd/system', { recursive: true });
  writeFileSync(UNIT, unit, { mode: 0o644, flag: 'wx' });
}

/** The owner's other settings stay as they are. */
function allowStart(): void {
  const text = existsSync(DEFAULTS) ? readFileSync(DEFAULTS, 'utf8') : '';
  const allowed = allowStartIn(text);
  if (allowed !== text) writeFileSync(DEFAULTS, allowed, { mode: 0o644 });
}

/** The file with START_KNOCKD=1. */
export function allowStartIn(text: string): string {
  const line = /^[ \t]*START_KNOCKD=.*$/gm;
  if (line.test(text)) return text.replaceAll(line, 'START_KNOCKD=1');
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}START_KNOCKD=1\n`;
}

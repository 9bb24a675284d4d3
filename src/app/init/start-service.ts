import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../../host/files/replace-file.ts';
import {
  isSystemdRunning,
  readService,
  SystemdError,
  systemctl,
} from '../../host/service-manager/systemd.ts';
import { beginTrial, isOnTrial, SERVICE } from './service-trial.ts';

const DEFAULTS = '/etc/default/knockd';
const UNIT = '/etc/systemd/system/knockd.service';
const PACKAGED_UNIT = fileURLToPath(new URL('../../../packaging/knockd.service', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../../bin/knockd', import.meta.url));

/** `no-systemd`: another init runs here. `no-unit`: the unit is not installed, and cannot be installed from here. */
export type ServiceReadiness =
  | { readonly kind: 'no-systemd' | 'no-unit' | 'running' | 'on-trial' | 'masked' }
  | { readonly kind: 'ready'; readonly mustInstall: boolean };

/** Whether the service can be started. */
export async function findService(): Promise<ServiceReadiness> {
  if (!isSystemdRunning()) return { kind: 'no-systemd' };
  const { load, isActive } = await readService(SERVICE);
  if (isActive) return { kind: isOnTrial() ? 'on-trial' : 'running' };
  if (load === 'masked') return { kind: 'masked' };
  const hasUnit = load === 'loaded';
  if (!hasUnit && !existsSync(PACKAGED_UNIT)) return { kind: 'no-unit' };
  return { kind: 'ready', mustInstall: !hasUnit };
}

/**
 * Starts the service until `seconds` have passed. Then systemd stops it, which opens the ports again, even if this
 * process, its terminal or the daemon has died. It is not enabled, so an earlier boot does not start it. Rejects with a
 * `SystemdError`.
 */
export async function startOnTrial(mustInstall: boolean, seconds: number): Promise<void> {
  writeFiles(mustInstall);
  await systemctl('daemon-reload');
  await beginTrial(seconds);
  await systemctl('start', `${SERVICE}.service`);
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
  refuseLinks('/etc/systemd', '/etc/systemd/system', UNIT);
  mkdirSync('/etc/systemd/system', { recursive: true });
  writeFileSync(UNIT, unit, { mode: 0o644, flag: 'wx' });
}

/** Leaves the owner's other settings unchanged. */
function allowStart(): void {
  const isThere = existsSync(DEFAULTS);
  const text = isThere ? readFileSync(DEFAULTS, 'utf8') : '';
  const allowed = allowStartIn(text);
  if (allowed === text) return;
  refuseLinks('/etc/default', DEFAULTS);
  if (isThere) {
    replaceFile(DEFAULTS, new TextEncoder().encode(allowed));
  } else {
    mkdirSync('/etc/default', { recursive: true });
    writeFileSync(DEFAULTS, allowed, { mode: 0o644, flag: 'wx' });
  }
}

/** Writing through a symbolic link of another user would change a file that is not ours. */
function refuseLinks(...paths: readonly string[]): void {
  for (const path of paths) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    throw new Error(
      `${path} is a link to ${readlinkSync(path)}, which Bussa does not follow: replace it by a file, or start the service by hand`,
    );
  }
}

/** The file with START_KNOCKD=1. */
export function allowStartIn(text: string): string {
  const line = /^[ \t]*START_KNOCKD=.*$/gm;
  if (line.test(text)) return text.replaceAll(line, 'START_KNOCKD=1');
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}START_KNOCKD=1\n`;
}

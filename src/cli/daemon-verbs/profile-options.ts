import { posix, win32 } from 'node:path';
import type { HostsFile } from '../../core/client/hosts-file.ts';
import type { Profile } from '../../core/client/profile.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';
import { EXIT, type ExitStatus } from '../../host/self/exit-status.ts';
import type { OptionTable } from '../arguments/option.ts';
import type { Environment, Output } from '../arguments/verb.ts';

/** Selects the file with the profiles. */
export const PROFILE_OPTIONS = {
  hosts: {
    type: 'string',
    short: 'F',
    value: 'FILE',
    completes: 'file',
    summary: 'read the profiles from this file (default `~/.config/bussa/hosts.conf`)',
    details:
      'The default is below `$XDG_CONFIG_HOME` if that is set. On Windows it is `%APPDATA%\\bussa\\hosts.conf`.',
  },
} as const satisfies OptionTable;

/** Values by the names in `PROFILE_OPTIONS`. */
export function hostsFile(
  values: ReadonlyMap<string, string>,
  environment: Environment,
  platform: Platform = PLATFORM,
): string {
  return values.get('hosts') ?? defaultHostsFile(environment, platform);
}

function defaultHostsFile(environment: Environment, platform: Platform): string {
  if (platform === 'win32') {
    const { APPDATA, USERPROFILE = '' } = environment;
    return win32.join(APPDATA || win32.join(USERPROFILE, 'AppData', 'Roaming'), 'bussa', 'hosts.conf');
  }
  const { XDG_CONFIG_HOME: config = '', HOME: home = '/' } = environment;
  // XDG Base Directory Specification: relative paths are ignored.
  const directory = config.startsWith('/') ? config : posix.join(home, '.config');
  return posix.join(directory, 'bussa', 'hosts.conf');
}

/** Reads the profiles. A failure is printed, and its exit status returned. */
export async function readHosts(file: string, output: Output): Promise<HostsFile | ExitStatus> {
  const { loadHosts } = await import('../../app/client/load-hosts.ts');
  const loaded = await loadHosts(file);
  const words = loaded.kind === 'ok' ? loaded.warnings : loaded.errors;
  for (const line of words) output.error(line);
  if (loaded.kind === 'ok') return loaded.hosts;
  return loaded.kind === 'permission' ? EXIT.permission : EXIT.config;
}

/** The profile `name`, or the exit status after a printed failure. */
export async function readProfile(file: string, name: string, output: Output): Promise<Profile | ExitStatus> {
  const hosts = await readHosts(file, output);
  if (typeof hosts === 'number') return hosts;
  const { profileOf } = await import('../../core/client/profile.ts');
  return profileOf(hosts, name);
}

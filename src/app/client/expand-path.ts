import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../core/client/profile.ts';
import { PLATFORM, type Platform } from '../../host/platform/platform.ts';

/** Expands as ssh_config(5) does: `~`, `%d` for the home directory, `%h`, `%n`, `%u` and `${VARIABLE}`. */
export function expandPath(
  text: string,
  { hostName, name }: Pick<Profile, 'hostName' | 'name'>,
  platform: Platform = PLATFORM,
): string {
  const tokens: Readonly<Record<string, () => string>> = {
    '%%': () => '%',
    '%d': homedir,
    '%h': () => hostName,
    '%n': () => name,
    '%u': () => userInfo().username,
  };
  const expanded = text
    .replaceAll(/%./g, (token) => tokens[token]?.() ?? token)
    .replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, variable: string) => process.env[variable] ?? '');
  const isInHome = expanded.startsWith('~/') || (platform === 'win32' && expanded.startsWith('~\\'));
  return expanded === '~' || isInHome ? join(homedir(), expanded.slice(1)) : expanded;
}

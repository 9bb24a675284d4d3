import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type HostLine, removeHost, setHost } from '../../core/client/edit-hosts.ts';
import { parseHosts } from '../../core/client/parse-hosts.ts';
import { type Profile, profileOf } from '../../core/client/profile.ts';
import { createFile } from '../../host/files/create-file.ts';
import { makeDirectory } from '../../host/files/make-directory.ts';
import { replaceFile } from '../../host/files/replace-file.ts';
import { cardReader, type LoadedHosts, loadHosts } from './load-hosts.ts';

export type HostsChange =
  | { readonly kind: 'written' | 'unchanged'; readonly profile: Profile }
  /** There is no `Host` block with exactly this name. */
  | { readonly kind: 'no-such-host' }
  | Exclude<LoadedHosts, { kind: 'ok' }>;

/** Mistakes in the lines to be written, one sentence each. */
export async function judgeLines(name: string, lines: readonly HostLine[]): Promise<readonly string[]> {
  const bytes = new TextEncoder().encode(setHost('', name, lines));
  const parsed = parseHosts(name, bytes, await cardReader(bytes));
  return parsed.kind === 'ok' ? [] : parsed.diagnostics.map(({ message }) => message);
}

/** Writes these lines into the profile `name`. On failure the file stays unchanged. */
export async function addHost(file: string, name: string, lines: readonly HostLine[]): Promise<HostsChange> {
  const loaded = await loadHosts(file);
  if (loaded.kind !== 'ok') return loaded;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const after = setHost(before ?? '', name, lines);
  const profile = profileOf(loaded.hosts, name);
  return after === before ? { kind: 'unchanged', profile } : write(file, before, after, name);
}

/**
 * The lines that have no effect, because a line before the first `Host` applies to all profiles and takes precedence.
 */
export async function overriddenLines(
  profile: Profile,
  lines: readonly HostLine[],
): Promise<readonly string[]> {
  const alone = await Promise.all(
    lines.map(async (line) => [line[0], await settingsOf(profile.name, line)] as const),
  );
  const isSame = (settings: Partial<Profile>): boolean =>
    Object.entries(settings).every(
      ([name, value]) => JSON.stringify(value) === JSON.stringify(profile[name as keyof Profile]),
    );
  return alone.filter(([, settings]) => !isSame(settings)).map(([keyword]) => keyword);
}

async function settingsOf(name: string, line: HostLine): Promise<Partial<Profile>> {
  const bytes = new TextEncoder().encode(setHost('', name, [line]));
  const parsed = parseHosts(name, bytes, await cardReader(bytes));
  return parsed.kind === 'ok' ? (parsed.hosts.blocks[0]?.settings as Partial<Profile>) : {};
}

/** Removes the profile `name`. A block that other names share stays. */
export async function dropHost(file: string, name: string): Promise<HostsChange> {
  const loaded = await loadHosts(file);
  if (loaded.kind !== 'ok') return loaded;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const after = removeHost(before, name);
  return after === undefined ? { kind: 'no-such-host' } : write(file, before, after, name);
}

async function write(
  file: string,
  before: string | undefined,
  after: string,
  name: string,
): Promise<HostsChange> {
  const bytes = new TextEncoder().encode(after);
  try {
    if (before === undefined) {
      makeDirectory(dirname(file));
      createFile(file, bytes);
    } else {
      replaceFile(file, bytes);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const kind = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'permission' : 'bad';
    return { kind, errors: [`${file}: it cannot be written, and is as it was: ${message}`] };
  }
  const loaded = await loadHosts(file);
  if (loaded.kind !== 'ok') return loaded;
  return { kind: 'written', profile: profileOf(loaded.hosts, name) };
}

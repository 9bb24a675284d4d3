import { isDeepStrictEqual } from 'node:util';
import type { Config, Settings } from '../../../core/config/file/config.ts';
import type { ConfigChanges } from '../../../core/control/reload-answer.ts';
import type { Authority } from '../../config/authority.ts';

/** A configuration with its users and the server's key. */
export type Loaded = { readonly config: Config; readonly authority: Authority | undefined };

export function compareConfigs(
  { config: before, authority: earlier }: Loaded,
  { config: now, authority }: Loaded,
): ConfigChanges {
  const old = new Map(before.doors.map((door) => [door.name, door]));
  const names = new Set(now.doors.map(({ name }) => name));
  const isChanged = (door: Config['doors'][number]): boolean => {
    const known = old.get(door.name);
    return known !== undefined && !isDeepStrictEqual(known, door);
  };
  return {
    added: now.doors.map(({ name }) => name).filter((name) => !old.has(name)),
    removed: before.doors.map(({ name }) => name).filter((name) => !names.has(name)),
    changed: now.doors.filter(isChanged).map(({ name }) => name),
    settings: [
      ...settingNames(before.settings, now.settings).filter(
        (name) => !isDeepStrictEqual(before.settings[name], now.settings[name]),
      ),
      ...(isDeepStrictEqual(earlier?.serverKeys ?? [], authority?.serverKeys ?? [])
        ? []
        : ['the server’s key']),
    ],
    users: changedUsers(earlier, authority),
  };
}

function changedUsers(before: Authority | undefined, now: Authority | undefined): readonly string[] {
  const names = [before, now].flatMap((one) => one?.users.users.map(({ name }) => name) ?? []);
  return [...new Set(names)].filter(
    (name) => !isDeepStrictEqual(before?.users.find(name), now?.users.find(name)),
  );
}

function settingNames(...all: readonly Settings[]): (keyof Settings)[] {
  return [...new Set(all.flatMap((settings) => Object.keys(settings) as (keyof Settings)[]))];
}

import { isDeepStrictEqual } from 'node:util';
import type { Config, Settings } from '../../../core/config/file/config.ts';
import type { ConfigChanges } from '../../../core/control/reload-answer.ts';
import type { Authority } from '../../config/authority.ts';
import type { FleetIdentity } from '../../config/fleet-identity.ts';

/** A configuration with its users, the server's key, and the members of its fleet. */
export type Loaded = {
  readonly config: Config;
  readonly authority: Authority | undefined;
  readonly fleet: Pick<FleetIdentity, 'key' | 'members'> | undefined;
};

export function compareConfigs(
  { config: before, authority: earlier, fleet: oldFleet }: Loaded,
  { config: now, authority, fleet }: Loaded,
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
      ...(isDeepStrictEqual(oldFleet?.key.point, fleet?.key.point) ? [] : ['the key of the fleet']),
    ],
    users: changedUsers(earlier, authority),
    members: changedMembers(oldFleet?.members, fleet?.members),
  };
}

function changedUsers(before: Authority | undefined, now: Authority | undefined): readonly string[] {
  const names = [before, now].flatMap((one) => one?.users.users.map(({ name }) => name) ?? []);
  return [...new Set(names)].filter(
    (name) => !isDeepStrictEqual(before?.users.find(name), now?.users.find(name)),
  );
}

type Members = FleetIdentity['members'] | undefined;

function changedMembers(before: Members, now: Members): readonly string[] {
  // Where its line is does not matter.
  const meant = (members: Members, name: string): object => ({ ...members?.get(name), line: 0 });
  const names = new Set([before, now].flatMap((one) => [...(one?.keys() ?? [])]));
  return [...names].filter((name) => !isDeepStrictEqual(meant(before, name), meant(now, name)));
}

function settingNames(...all: readonly Settings[]): (keyof Settings)[] {
  return [...new Set(all.flatMap((settings) => Object.keys(settings) as (keyof Settings)[]))];
}

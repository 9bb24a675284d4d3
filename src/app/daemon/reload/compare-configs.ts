import { isDeepStrictEqual } from 'node:util';
import type { Config, Settings } from '../../../core/config/file/config.ts';
import type { ConfigChanges } from '../../../core/control/reload-answer.ts';

export function compareConfigs(before: Config, now: Config): ConfigChanges {
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
    settings: settingNames(before.settings, now.settings).filter(
      (name) => !isDeepStrictEqual(before.settings[name], now.settings[name]),
    ),
  };
}

function settingNames(...all: readonly Settings[]): (keyof Settings)[] {
  return [...new Set(all.flatMap((settings) => Object.keys(settings) as (keyof Settings)[]))];
}

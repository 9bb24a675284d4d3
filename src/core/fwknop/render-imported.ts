import { renderPrefix } from '../net/prefix.ts';
import type { ImportedDoor, ImportedUser } from './plan-access.ts';

/** In the form of knockd.conf. */
export function renderImportedDoor({ name, lines, users }: ImportedDoor): string {
  const all = ['accept = spa', `users = ${users.join(', ')}`, ...lines];
  return `[${name}]\n${all.map((line) => `\t${line}\n`).join('')}`;
}

/** In the form of the users file. `spa`: the line with its keys, or a placeholder. */
export function renderImportedUser({ name, doors, from, until }: ImportedUser, spa: string): string {
  const lines = [
    spa,
    `doors = ${doors.join(', ')}`,
    ...(from === undefined ? [] : [`from = ${from.map(renderPrefix).join(', ')}`]),
    ...(until === undefined ? [] : [`until = ${until}`]),
  ];
  return `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

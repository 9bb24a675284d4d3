import { renderPrefix } from '../net/prefix.ts';
import type { ImportedDoor, ImportedUser } from './plan-access.ts';

/** As knockd.conf has it. */
export function renderImportedDoor({ name, lines, users }: ImportedDoor): string {
  const all = ['accept = spa', `users = ${users.join(', ')}`, ...lines];
  return `[${name}]\n${all.map((line) => `\t${line}\n`).join('')}`;
}

/** As the users file has it. `spa`: its line of keys, or something in place of it. */
export function renderImportedUser({ name, doors, from, until }: ImportedUser, spa: string): string {
  const lines = [
    spa,
    `doors = ${doors.join(', ')}`,
    ...(from === undefined ? [] : [`from = ${from.map(renderPrefix).join(', ')}`]),
    ...(until === undefined ? [] : [`until = ${until}`]),
  ];
  return `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

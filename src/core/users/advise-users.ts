import { readSectionsBy } from '../config/file/read-sections.ts';
import { type DoorSpec, userProofs } from '../door/door.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import { splitLines } from '../text/split-lines.ts';
import { splitWord } from '../text/word.ts';
import { USER_GRAMMAR } from './user-directives.ts';

/** What is legal in a users file and has no effect beside these doors. The text has no mistakes. */
export function adviseUsers(
  file: string,
  bytes: Uint8Array,
  doors: readonly DoorSpec[],
): readonly Diagnostic[] {
  const { lines } = splitLines(bytes);
  const findings = new Findings();
  for (const { name: user, entries } of readSectionsBy(USER_GRAMMAR, lines, new Findings())) {
    for (const { directive, value } of entries) {
      if (directive.name !== 'Doors' || value === undefined) continue;
      for (const word of splitWord(value, ',')) {
        const door = doors.find(({ name }) => name === word.text);
        const why = whyNot(door, user.text);
        if (why !== undefined) findings.warning(word, 'unknown-door', `${quoteText(word.text)} ${why}`);
      }
    }
  }
  return findings.diagnostics(file, lines);
}

function whyNot(door: DoorSpec | undefined, user: string): string | undefined {
  if (door === undefined) return 'is not a door of the configuration: correct the name, or remove it';
  if (userProofs(door).length === 0)
    return 'is a door that accepts only its sequence: add accept = key or another proof to it, or remove it here';
  if (door.users !== undefined && !door.users.includes(user))
    return `is a door for ${door.users.slice(0, 8).join(', ')}: add ${user} to its Users, or remove it here`;
  return undefined;
}

import { editLines, indentOf, type LineEdit } from '../config/file/edit-lines.ts';
import { readSectionsBy, type Section } from '../config/file/read-sections.ts';
import { Findings } from '../text/findings.ts';
import { splitLines } from '../text/split-lines.ts';
import { CREDENTIALS, type CredentialName, USER_GRAMMAR, type UserDirectiveName } from './user-directives.ts';

type UserSection = Section<UserDirectiveName>;

/**
 * The users file with more credentials or doors for a user, who is added if needed. `keyLines`: lines such as `key =
 * …`. `doors`: doors that he may open from now on. Returns the same bytes if nothing is new.
 */
export function addCredentials(
  bytes: Uint8Array,
  name: string,
  keyLines: readonly string[],
  doors: readonly string[],
): Uint8Array {
  const { lines, section } = look(bytes, name);
  const doorLines = doors.length === 0 ? [] : [`doors = ${doors.join(', ')}`];
  if (section === undefined) {
    const last = lines.findLastIndex((line) => line.trim() !== '') + 1;
    const text = [...(last === 0 ? [] : ['']), `[${name}]`, ...keyLines, ...doorLines].join('\n');
    return editLines(bytes, [{ kind: 'insert', after: last, text }]);
  }
  const known = section.entries.findLast(({ directive }) => directive.name === 'Doors');
  const now = section.entries.flatMap(({ directive, value }) =>
    directive.name === 'Doors' ? (value?.text.split(',').map((door) => door.trim()) ?? []) : [],
  );
  const added = doors.filter((door) => !now.includes(door));
  const indent = indentIn(lines, section);
  const edits: LineEdit[] =
    keyLines.length === 0 ? [] : [insertIn(section, keyLines.map((line) => indent + line).join('\n'))];
  // A user who may open all doors that accept his key must not be restricted.
  if (known?.value !== undefined && added.length > 0)
    edits.push({
      kind: 'replace',
      line: known.key.line,
      text: `${(lines[known.key.line - 1] ?? '').trimEnd()}, ${added.join(', ')}`,
    });
  return editLines(bytes, edits);
}

/** Removes the user's keys that `chosen` selects. */
export function removeKeys(
  bytes: Uint8Array,
  name: string,
  chosen: (line: string, kind: CredentialName) => boolean,
): Uint8Array {
  const { sections } = look(bytes, name);
  const keys = sections
    .flatMap(({ entries }) => entries)
    .filter(({ directive, value }) => {
      const kind = CREDENTIALS.find((one) => one === directive.name);
      return kind !== undefined && value !== undefined && chosen(value.text, kind);
    });
  return editLines(
    bytes,
    keys.map(({ key }): LineEdit => ({ kind: 'delete', line: key.line })),
  );
}

/** Disables or enables the user. */
export function setUserOff(bytes: Uint8Array, name: string, isOff: boolean): Uint8Array {
  const { lines, sections } = look(bytes, name);
  const edits = sections.flatMap((section): LineEdit[] => {
    const written = section.entries.filter(({ directive }) => directive.name === 'Off');
    const gone = written.map(({ key }): LineEdit => ({ kind: 'delete', line: key.line }));
    return isOff ? [...gone, insertIn(section, `${indentIn(lines, section)}off = yes`)] : gone;
  });
  return editLines(bytes, edits);
}

/**
 * Removes the user: from his heading to his last line, with the comments between. Text before the heading and after
 * that line stays.
 */
export function removeUser(bytes: Uint8Array, name: string): Uint8Array {
  const edits = look(bytes, name).sections.flatMap((section) => {
    const first = section.name.line;
    return Array.from(
      { length: lastLine(section) - first + 1 },
      (_, i): LineEdit => ({ kind: 'delete', line: first + i }),
    );
  });
  return editLines(bytes, edits);
}

/** Whether there is a section for the user, in a file that may have mistakes elsewhere. */
export const hasUser = (bytes: Uint8Array, name: string): boolean => look(bytes, name).sections.length > 0;

function look(bytes: Uint8Array, name: string) {
  const { lines } = splitLines(bytes);
  const all = readSectionsBy(USER_GRAMMAR, lines, new Findings());
  // A file with mistakes may have several.
  const sections = all.filter((one) => one.kind === 'user' && one.name.text === name);
  return { lines, sections, section: sections[0] };
}

const lastLine = ({ name, entries }: UserSection): number => entries.at(-1)?.key.line ?? name.line;

const insertIn = (section: UserSection, text: string): LineEdit => ({
  kind: 'insert',
  after: lastLine(section),
  text,
});

const indentIn = (lines: readonly string[], { entries }: UserSection): string =>
  indentOf(lines[(entries[0]?.key.line ?? 0) - 1]);

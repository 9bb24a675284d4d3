import { Findings } from '../../text/findings.ts';
import { splitLines } from '../../text/split-lines.ts';
import { editLines, indentOf, type LineEdit } from './edit-lines.ts';
import { readSections, type Section } from './read-sections.ts';

export type KeyDirectives = {
  /** Doors that are to accept keys. */
  readonly doors: readonly string[];
  /** Is added to the `Users` of these doors, where they name any. */
  readonly user: string;
  /** The port for signed knocks, where none is set. */
  readonly signedPort: number;
};

/** A `knockd.conf` whose doors accept keys: what is missing for it is added, and nothing else changes. */
export function acceptKeys(bytes: Uint8Array, { doors, user, signedPort }: KeyDirectives): Uint8Array {
  const { lines } = splitLines(bytes);
  const sections = readSections(lines, new Findings());
  const edits = sections.flatMap((section) =>
    section.kind === 'door' && doors.includes(section.name.text) ? doorEdits(lines, section, user) : [],
  );
  return editLines(bytes, [...portEdits(lines, sections, signedPort), ...edits]);
}

function portEdits(lines: readonly string[], sections: readonly Section[], port: number): LineEdit[] {
  const isThere = sections.some(({ entries }) =>
    entries.some(({ directive }) => directive.name === 'Signed_Port'),
  );
  if (isThere) return [];
  const options = sections.find(({ kind }) => kind === 'options');
  if (options !== undefined) return [insertIn(options, `${indentIn(lines, options)}Signed_Port = ${port}`)];
  // In front of the first door and of the comment above it.
  const first = (sections[0]?.name.line ?? 1) - 1;
  let after = first;
  while (after > 0 && lines[after - 1]?.trim().startsWith('#') === true) after--;
  return [{ kind: 'insert', after, text: `[options]\n\tSigned_Port = ${port}\n` }];
}

function doorEdits(lines: readonly string[], section: Section, user: string): LineEdit[] {
  const edits: LineEdit[] = [];
  const accept = section.entries.findLast(({ directive }) => directive.name === 'Accept');
  if (accept === undefined) edits.push(insertIn(section, `${indentIn(lines, section)}accept = key`));
  else if (!/(?:^|,)\s*key\s*(?:,|$)/i.test(accept.value?.text ?? ''))
    edits.push(appendTo(lines, accept.key.line, 'key'));
  const users = section.entries.filter(({ directive }) => directive.name === 'Users');
  const names = users.flatMap(({ value }) => value?.text.split(',').map((name) => name.trim()) ?? []);
  const last = users.at(-1);
  if (last !== undefined && !names.includes(user)) edits.push(appendTo(lines, last.key.line, user));
  return edits;
}

const appendTo = (lines: readonly string[], line: number, word: string): LineEdit => ({
  kind: 'replace',
  line,
  text: `${(lines[line - 1] ?? '').trimEnd()}, ${word}`,
});

const insertIn = ({ name, entries }: Section, text: string): LineEdit => ({
  kind: 'insert',
  after: entries.at(-1)?.key.line ?? name.line,
  text,
});

const indentIn = (lines: readonly string[], { entries, name }: Section): string =>
  entries[0] === undefined ? `${indentOf(lines[name.line - 1])}\t` : indentOf(lines[entries[0].key.line - 1]);

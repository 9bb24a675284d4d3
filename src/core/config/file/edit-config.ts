import type { CodePorts } from '../../door/code-ports.ts';
import type { UserProof } from '../../door/proof-kind.ts';
import { Findings } from '../../text/findings.ts';
import { splitLines } from '../../text/split-lines.ts';
import type { DirectiveName } from './directives.ts';
import { editLines, indentOf, type LineEdit } from './edit-lines.ts';
import { type Entry, readSections, type Section } from './read-sections.ts';

export type AcceptDirectives = {
  /** Doors that shall accept this proof. */
  readonly doors: readonly string[];
  readonly proof: UserProof;
  /** Added to the `Users` of these doors, if they have any. */
  readonly user: string;
};

/** A `knockd.conf` whose doors accept the proof. Only what is missing is added. */
export function acceptProof(bytes: Uint8Array, { doors, proof, user }: AcceptDirectives): Uint8Array {
  const { lines } = splitLines(bytes);
  const sections = readSections(lines, new Findings());
  const edits = sections.flatMap((section) =>
    section.kind === 'door' && doors.includes(section.name.text)
      ? doorEdits(lines, section, proof, user)
      : [],
  );
  return editLines(bytes, edits);
}

/** With a port for signed knocks, if none is set. */
export function addSignedPort(bytes: Uint8Array, port: number): Uint8Array {
  const { lines } = splitLines(bytes);
  return editLines(bytes, portEdits(lines, readSections(lines, new Findings()), port));
}

/** With code ports in each door that accepts codes and has none. `draw`: called once per door. */
export function addCodePorts(bytes: Uint8Array, draw: () => CodePorts): Uint8Array {
  const { lines } = splitLines(bytes);
  const lacking = readSections(lines, new Findings()).filter(
    (section) =>
      section.kind === 'door' &&
      accepts(lastOf(section, 'Accept'), 'code') &&
      lastOf(section, 'Code_Ports') === undefined,
  );
  const edits = lacking.map((section) =>
    insertIn(section, `${indentIn(lines, section)}code_ports = ${draw().join(', ')}`),
  );
  return editLines(bytes, edits);
}

function portEdits(lines: readonly string[], sections: readonly Section[], port: number): LineEdit[] {
  const isThere = sections.some(({ entries }) =>
    entries.some(({ directive }) => directive.name === 'Signed_Port'),
  );
  if (isThere) return [];
  const options = sections.find(({ kind }) => kind === 'options');
  if (options !== undefined) return [insertIn(options, `${indentIn(lines, options)}Signed_Port = ${port}`)];
  // Before the first door and the comment above it.
  const first = (sections[0]?.name.line ?? 1) - 1;
  let after = first;
  while (after > 0 && lines[after - 1]?.trim().startsWith('#') === true) after--;
  return [{ kind: 'insert', after, text: `[options]\n\tSigned_Port = ${port}\n` }];
}

function doorEdits(lines: readonly string[], section: Section, proof: UserProof, user: string): LineEdit[] {
  const edits: LineEdit[] = [];
  const accept = lastOf(section, 'Accept');
  if (accept === undefined) edits.push(insertIn(section, `${indentIn(lines, section)}accept = ${proof}`));
  else if (!accepts(accept, proof)) edits.push(appendTo(lines, accept.key.line, proof));
  const users = section.entries.filter(({ directive }) => directive.name === 'Users');
  const names = users.flatMap(({ value }) => splitList(value?.text));
  const last = users.at(-1);
  if (last !== undefined && !names.includes(user)) edits.push(appendTo(lines, last.key.line, user));
  return edits;
}

const accepts = (accept: Entry | undefined, proof: UserProof): boolean =>
  splitList(accept?.value?.text.toLowerCase()).includes(proof);

const lastOf = ({ entries }: Section, name: DirectiveName): Entry | undefined =>
  entries.findLast(({ directive }) => directive.name === name);

const splitList = (text = ''): readonly string[] => text.split(',').map((word) => word.trim());

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

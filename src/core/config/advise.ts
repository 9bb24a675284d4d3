import type { Door } from '../door/door.ts';
import { adviseCommands } from './advise-commands.ts';
import { adviseOpening } from './advise-opening.ts';
import { advisePrefixes, adviseSequence } from './advise-sequence.ts';
import type { Diagnostic } from './diagnostic.ts';
import { Findings } from './findings.ts';
import { parseDoor } from './parse-door.ts';
import { parseSettings } from './parse-settings.ts';
import { readSections, type Section } from './read-sections.ts';
import { splitLines } from './split-lines.ts';
import type { HostFacts, WrittenDoor } from './written-door.ts';

/**
 * What is legal in a configuration and unwise. The text has no mistakes. `oneTime`: the doors with one-time sequences, by
 * their names, as they can be knocked at now.
 */
export function advise(
  file: string,
  bytes: Uint8Array,
  oneTime: ReadonlyMap<string, Door>,
  host: HostFacts,
): readonly Diagnostic[] {
  const { lines } = splitLines(bytes);
  // Mistakes and plain warnings have been told.
  const told = new Findings();
  const sections = readSections(lines, told);
  const doors = sections.flatMap((section) => writtenDoor(section, oneTime, told));
  const findings = new Findings();
  for (const written of doors) {
    adviseSequence(written, host, findings);
    adviseOpening(written, host, findings);
  }
  for (const section of sections) adviseCommands(section, host, findings);
  advisePrefixes(doors, findings);
  adviseSettings(sections, findings);
  return findings.diagnostics(file, lines);
}

function writtenDoor(
  section: Section,
  oneTime: ReadonlyMap<string, Door>,
  told: Findings,
): readonly WrittenDoor[] {
  const spec = parseDoor(section, told);
  if (spec === undefined) return [];
  const { sequenceSource: source } = spec;
  const door = source.kind === 'fixed' ? { ...spec, sequence: source.sequence } : oneTime.get(spec.name);
  return [door === undefined ? { section, spec } : { section, spec, door }];
}

function adviseSettings(sections: readonly Section[], findings: Findings): void {
  const entries = sections.flatMap((section) => section.entries);
  const { scanGuard } = parseSettings(entries, new Findings());
  const entry = entries.findLast(({ directive }) => directive.name === 'Scan_Guard');
  if (scanGuard !== 'off' || entry === undefined) return;
  findings.warning(
    entry.key,
    'guard-off',
    'a port scan may come upon a sequence, and open its door: remove this line, the guard is on without it',
  );
}

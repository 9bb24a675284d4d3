import type { Door } from '../../door/door.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { Findings } from '../../text/findings.ts';
import { splitLines } from '../../text/split-lines.ts';
import { parseDoor } from '../file/parse-door.ts';
import { readSections, type Section } from '../file/read-sections.ts';
import { adviseCodes } from './advise-codes.ts';
import { adviseCommands } from './advise-commands.ts';
import { adviseOpening } from './advise-opening.ts';
import { adviseProofs } from './advise-proofs.ts';
import { adviseRules } from './advise-rules.ts';
import { adviseContained, adviseSameKnocks, adviseSequence } from './advise-sequence.ts';
import { adviseSettings } from './advise-settings.ts';
import { adviseTime } from './advise-time.ts';
import { adviseWords } from './advise-words.ts';
import type { HostFacts, WrittenDoor } from './written-door.ts';

/**
 * Warnings about a valid configuration that is unwise. The text has no mistakes. `oneTime`: doors with one-time
 * sequences by name, as they can be knocked at now.
 */
export function advise(
  file: string,
  bytes: Uint8Array,
  oneTime: ReadonlyMap<string, Door>,
  host: HostFacts,
): readonly Diagnostic[] {
  const { lines } = splitLines(bytes);
  // Mistakes and plain warnings have been reported.
  const told = new Findings();
  const sections = readSections(lines, told);
  const doors = sections.flatMap((section) => writtenDoor(section, oneTime, told));
  const findings = new Findings();
  for (const written of doors) {
    adviseSequence(written, host, findings);
    adviseOpening(written, host, findings);
  }
  for (const section of sections) {
    adviseCommands(section, host, findings);
    adviseWords(section, host, findings);
    adviseRules(section, host, findings);
    adviseTime(section, findings);
  }
  adviseProofs(doors, sections, host, findings);
  adviseCodes(doors, sections, host, findings);
  adviseContained(doors, findings);
  adviseSameKnocks(doors, findings);
  adviseSettings(sections, host, findings);
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

import { renderAdmission } from '../../door/admission.ts';
import type { DoorSpec } from '../../door/door.ts';
import { renderSequence } from '../../door/sequence.ts';
import { Findings } from '../../text/findings.ts';
import { escapeText } from '../../text/quote-text.ts';
import { isUtf16, splitLines } from '../../text/split-lines.ts';
import type { Word } from '../../text/word.ts';
import type { ConfigResult, Settings } from './config.ts';
import { judgeEncoding } from './judge-encoding.ts';
import { judgeFleetDoors } from './judge-fleet.ts';
import { parseDoor } from './parse-door.ts';
import { parseFleet } from './parse-fleet.ts';
import { parseSettings } from './parse-settings.ts';
import { readSections, type Section } from './read-sections.ts';
import { mergeForDoor, parseForDoors } from './section-directives.ts';

const START: Word = { text: '', line: 1, offset: 0 };

/** Parses a `knockd.conf`. `file` is its name in the diagnostics. Work and memory grow only with `bytes`. */
export function parseConfig(file: string, bytes: Uint8Array): ConfigResult {
  const findings = new Findings();
  if (isUtf16(bytes)) {
    findings.error(START, 'the file is UTF-16: save it as UTF-8');
    return { kind: 'bad', diagnostics: findings.diagnostics(file, ['']) };
  }
  const text = splitLines(bytes);
  judgeEncoding(text, findings);
  const sections = readSections(text.lines, findings);
  const settings = parseSettings(
    sections.flatMap(({ entries }) => entries),
    findings,
  );
  const fleet = parseFleet(sections, findings);
  const doors = parseDoors(sections, findings);
  judgeFleetDoors(sections, doors, findings);
  judgeSignedPort(sections, settings, findings);
  const diagnostics = findings.diagnostics(file, text.lines);
  if (findings.hasErrors) return { kind: 'bad', diagnostics };
  return {
    kind: 'ok',
    config: { settings: { ...settings, ...(fleet === undefined ? {} : { fleet }) }, doors },
    warnings: diagnostics,
  };
}

function parseDoors(sections: readonly Section[], findings: Findings): readonly DoorSpec[] {
  const doors: DoorSpec[] = [];
  const said = new Map(sections.map((section) => [section, parseForDoors(section.entries, findings)]));
  const forAll = said.entries().find(([{ kind }]) => kind === 'options')?.[1];
  const watched = new Map<string, Section>();
  const coded = new Map<string, Section>();
  for (const section of sections) {
    const door = parseDoor(section, findings);
    if (door === undefined) continue;
    const own = said.get(section);
    doors.push(own === undefined ? door : { ...door, ...mergeForDoor(own, forAll) });
    judgeWatched(door, section, watched, findings);
    judgeCodePorts(door, section, coded, findings);
  }
  if (!sections.some(({ kind }) => kind === 'door')) {
    const remedy =
      'let `bussa init` write one, or add a section such as [openSSH] with a sequence and a command';
    findings.error(START, `no door in this file: ${remedy}`);
  }
  return doors;
}

/** Without a port nobody could send a signed knock, and the door would stay closed to everybody. */
function judgeSignedPort(sections: readonly Section[], { signedPort }: Settings, findings: Findings): void {
  const entries = sections.flatMap((section) => section.entries);
  const accept = entries.find(
    ({ directive, value }) => directive.name === 'Accept' && /\bkey\b/i.test(value?.text ?? ''),
  );
  // A wrong port has its own finding.
  const isWritten = entries.some(({ directive }) => directive.name === 'Signed_Port');
  if (accept === undefined || signedPort !== undefined || isWritten) return;
  const remedy =
    'add Signed_Port = N to [options], a UDP port that no service uses, or have `bussa user add` do it';
  findings.error(accept.key, `the door accepts keys, but there is no port for signed knocks: ${remedy}`);
}

/** The ports of a code identify its door. */
function judgeCodePorts(
  { codePorts, target }: DoorSpec,
  section: Section,
  coded: Map<string, Section>,
  findings: Findings,
): void {
  if (codePorts === undefined) return;
  const pair = codePorts.join(', ');
  // A door without a target covers all addresses of this host, which may include another door's target.
  const names =
    target === undefined
      ? [...coded.keys()].filter((one) => one.startsWith(`${pair} `))
      : [`${pair} `, `${pair} ${target}`];
  const first = names.map((name) => coded.get(name)).find((one) => one !== undefined);
  const entry = section.entries.findLast(({ directive }) => directive.name === 'Code_Ports');
  if (first !== undefined && entry !== undefined) {
    const shown = `[${escapeText(first.name.text)}], line ${first.name.line}, has the numbers ${pair} too`;
    findings.error(entry.key, `${shown}: the numbers tell which door a code is for, choose others`);
  }
  coded.set(`${pair} ${target ?? ''}`, section);
}

/** Two doors with the same knocks are valid for knockd, but probably a mistake. */
function judgeWatched(
  door: DoorSpec,
  section: Section,
  watched: Map<string, Section>,
  findings: Findings,
): void {
  const { sequenceSource, flags, target } = door;
  if (sequenceSource.kind !== 'fixed') return;
  const counted = `${flags.mask} ${flags.value} ${target ?? ''} ${renderAdmission(door)}`;
  const knocks = `${counted} ${renderSequence(sequenceSource.sequence)}`;
  const first = watched.get(knocks);
  if (first === undefined) {
    watched.set(knocks, section);
  } else if (first.name.text !== section.name.text) {
    const [earlier, later] = [first, section].map(({ name }) => `[${escapeText(name.text)}]`);
    const shown = `the knocks of ${later} are also those of ${earlier}, line ${first.name.line}`;
    findings.warning(section.name, 'same-knocks', `${shown}: they open both, as in knockd`);
  }
}

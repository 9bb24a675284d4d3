import type { Door } from '../../door/door.ts';
import { renderSequence, type Sequence, type SequenceStep } from '../../door/sequence.ts';
import { isBrowserPort } from '../../net/browser-ports.ts';
import {
  type FlagRule,
  meetsFlagRule,
  renderFlagRule,
  TCP_FLAG,
  TCP_FLAGS_MASK,
} from '../../net/tcp-flags.ts';
import type { Findings } from '../../text/findings.ts';
import { escapeText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';
import type { Section } from '../file/read-sections.ts';
import { type HostFacts, lastEntry, type WrittenDoor } from './written-door.ts';

/** Fewer can be guessed, or found by a scan. */
const ENOUGH_KNOCKS = 3;

/** Sequences in knockd's manuals and many guides: they are tried first. */
const KNOWN = new Set([
  '7000,8000,9000',
  '9000,8000,7000',
  '2222,3333,4444',
  '4444,3333,2222',
  '1000,2000,3000',
  '10001,10002,10003',
  '1111,2222,3333',
  '500,1001,456',
]);

/** Warns about the knocks of one door. */
export function adviseSequence({ section, door }: WrittenDoor, host: HostFacts, findings: Findings): void {
  const entry = lastEntry(section, 'Sequence', 'One_Time_Sequences');
  if (door === undefined || entry === undefined) return;
  const at = entry.value ?? entry.key;
  const { sequence } = door;
  const isFixed = door.sequenceSource.kind === 'fixed';
  judgeLength(at, sequence, findings);
  if (isFixed) judgePorts(at, sequence, findings);
  judgeServices(at, sequence, isFixed, host, findings);
  if (isFixed) judgeBrowser(at, sequence, findings);
  const blindShare = host.blindShare(door);
  if (blindShare !== undefined) {
    const remedy = 'write tcpflags = syn,!ack,!rst and knock by TCP, or set it to 32768 60999 (sysctl)';
    findings.warning(section.name, 'local-ports', `${blindShare}: ${remedy}`);
  }
  const hasTcp = sequence.some(({ protocol }) => protocol === 'tcp');
  if (hasTcp && door.flags.mask === 0) {
    const why = 'any TCP packet is a knock, even those of established connections';
    findings.warning(section.name, 'no-tcpflags', `${why}: add tcpflags = syn`);
  }
  if (hasTcp && !canSend(door, host)) judgeFlags(section, door.flags, findings);
}

const { syn, ack, psh, fin, rst } = TCP_FLAG;
/** Flags of a client's later packets, sent only if it is answered. */
const ANSWERED = [ack, psh | ack, fin | ack, fin | psh | ack, rst, rst | ack];

function canSend({ flags, sequence }: Door, host: HostFacts): boolean {
  const isAnswered = sequence.every(({ protocol, port }) => protocol !== 'tcp' || host.serves('tcp', port));
  return [syn, ...(isAnswered ? ANSWERED : [])].some((sent) => meetsFlagRule(flags, sent));
}

/** RFC 9293 section 3.5: a connecting client sends SYN, and nothing else to a port that does not answer. */
function judgeFlags(section: Section, flags: FlagRule, findings: Findings): void {
  const entry = lastEntry(section, 'TCPFlags');
  const what = `a connecting client sends SYN alone to a port that does not answer, which does not match ${renderFlagRule(flags)}, so only crafted packets open this door`;
  findings.warning(entry?.value ?? section.name, 'no-client', `${what}: write tcpflags = syn`);
}

/** Warns about the same knocks with other flags, where one packet matches both. */
export function adviseSameKnocks(doors: readonly WrittenDoor[], findings: Findings): void {
  const earlier = new Map<string, WrittenDoor[]>();
  for (const written of doors) {
    const { door, section } = written;
    if (door?.sequenceSource.kind !== 'fixed') continue;
    const knocks = renderSequence(door.sequence);
    const same = earlier.get(knocks) ?? [];
    const other = same.find(
      (each) => !hasSameFlags(each.door?.flags, door.flags) && meetTogether(each, written),
    );
    if (same.length < MOST_COMPARED) earlier.set(knocks, [...same, written]);
    if (other === undefined) continue;
    const name = `[${escapeText(other.section.name.text)}], line ${other.section.name.line}`;
    const what = `one packet can be a knock here and at ${name}, which has the same ports`;
    findings.warning(section.name, 'same-knocks', `${what}: it opens both; give them different ports`);
  }
}

/** BOUNDED: doors with the same knocks that another one is compared with. */
const MOST_COMPARED = 16;

const hasSameFlags = (a: FlagRule | undefined, b: FlagRule): boolean =>
  a !== undefined && a.mask === b.mask && a.value === b.value;

/**
 * Warns about a sequence contained in another one. If the other begins with it, the other's knocks open it too; if it
 * comes later, they do after the earlier ones are lost.
 */
export function adviseContained(doors: readonly WrittenDoor[], findings: Findings): void {
  const byKnocks = new Map<string, WrittenDoor>();
  for (const written of doors) {
    if (written.door !== undefined) byKnocks.set(renderSequence(written.door.sequence), written);
  }
  const lengths = [...new Set(doors.map(({ door }) => door?.sequence.length ?? 0))].filter(Boolean);
  for (const longer of doors) {
    const steps = longer.door?.sequence ?? [];
    for (const length of lengths.filter((one) => one < steps.length)) {
      for (let first = 0; first + length <= steps.length; first++) {
        const part = steps.slice(first, first + length) as unknown as Sequence;
        const shorter = byKnocks.get(renderSequence(part));
        if (shorter !== undefined && meetTogether(shorter, longer))
          tellContained(shorter, longer, first, findings);
      }
    }
  }
}

function tellContained(shorter: WrittenDoor, longer: WrittenDoor, first: number, findings: Findings): void {
  const { name, line } = { name: longer.section.name.text, line: longer.section.name.line };
  const other = `[${escapeText(name)}], line ${line}`;
  const length = shorter.door?.sequence.length ?? 0;
  const entry = lastEntry(shorter.section, 'Sequence', 'One_Time_Sequences');
  const at = entry?.value ?? shorter.section.name;
  if (first === 0) {
    const shown = `these knocks are the first ${length} of ${other}, so a knock there opens this door too`;
    findings.warning(at, 'prefix-sequence', `${shown}: begin one of them differently`);
  } else {
    const shown = `these knocks are knocks ${first + 1} to ${first + length} of ${other}`;
    const danger = 'a client that knocks there and loses a packet before them opens this door instead';
    findings.warning(at, 'contained-sequence', `${shown}, and ${danger}: use other ports for one of them`);
  }
}

/** Whether one packet can be a knock at both. */
function meetTogether({ door: a }: WrittenDoor, { door: b }: WrittenDoor): boolean {
  if (a === undefined || b === undefined || a.target !== b.target) return false;
  for (let flags = 0; flags <= TCP_FLAGS_MASK; flags++) {
    if (meetsFlagRule(a.flags, flags) && meetsFlagRule(b.flags, flags)) return true;
  }
  return false;
}

function judgeLength(at: Word, sequence: Sequence, findings: Findings): void {
  if (sequence.length >= ENOUGH_KNOCKS) return;
  const count = sequence.length === 1 ? 'one knock is' : 'two knocks are';
  findings.warning(
    at,
    'short-sequence',
    `${count} quickly guessed: use at least ${ENOUGH_KNOCKS} ports, better four`,
  );
}

function judgePorts(at: Word, sequence: Sequence, findings: Findings): void {
  const ports = sequence.map(({ port }) => port);
  if (KNOWN.has(ports.join(','))) {
    findings.warning(
      at,
      'known-sequence',
      'this sequence is printed in manuals, and attackers try it first: use your own ports, `bussa init` draws some',
    );
  }
  const differences = ports.slice(1).map((port, i) => port - (ports[i] as number));
  const rises = differences.length > 0 && differences.every((step) => step > 0);
  const falls = differences.length > 0 && differences.every((step) => step < 0);
  if (rises || falls) {
    const way = rises ? 'ascend' : 'descend';
    const what = `the ports ${way}, as in a scan and in most guesses`;
    findings.warning(at, 'ascending-sequence', `${what}: put them in another order`);
  }
  if (differences.some((step) => Math.abs(step) === 1)) {
    const what = 'a scan touches consecutive ports together';
    findings.warning(at, 'knocks-in-a-row', `${what}: choose ports that are far apart`);
  }
}

function judgeServices(
  at: Word,
  sequence: Sequence,
  isFixed: boolean,
  host: HostFacts,
  findings: Findings,
): void {
  const words = isFixed ? splitWord(at, ',') : [];
  const seen = new Set<string>();
  for (const [i, step] of sequence.entries()) {
    const name = render(step);
    if (seen.has(name) || !host.serves(step.protocol, step.port)) continue;
    seen.add(name);
    const what = `a service of this host listens at ${name}, so its clients would knock`;
    findings.warning(words[i] ?? at, 'served-port', `${what}: use a port that no service uses`);
  }
}

/** Without this port a page could knock. UDP is impossible in a browser. */
function judgeBrowser(at: Word, sequence: Sequence, findings: Findings): void {
  const step = sequence.findIndex(({ port }) => !isBrowserPort(port));
  if (step < 0 || sequence.some(({ protocol }) => protocol === 'udp')) return;
  const what = `browsers send nothing to port ${sequence[step]?.port}, so no page can knock here`;
  findings.warning(
    splitWord(at, ',')[step] ?? at,
    'browser-port',
    `${what}: use another port if one should (bussa knock --page)`,
  );
}

const render = ({ protocol, port }: SequenceStep): string => `${protocol}/${port}`;

import type { DoorSpec, SequenceSource } from '../door/door.ts';
import type { Sequence } from '../door/sequence.ts';
import { type Address, parseAddress } from '../net/address.ts';
import { ANY_FLAGS, type FlagRule } from '../net/tcp-flags.ts';
import { type Millis, seconds } from '../net/time.ts';
import { type CommandTexts, compileOpening, isCommandName, judgeCommandLength } from './compile-opening.ts';
import type { DirectiveName } from './directives.ts';
import type { Findings } from './findings.ts';
import { mergeFlagRules, parseFlags } from './parse-flags.ts';
import { parseSeconds } from './parse-seconds.ts';
import { parseSequence } from './parse-sequence.ts';
import { escapeText, quoteText } from './quote-text.ts';
import type { Entry, Section } from './read-sections.ts';
import type { Word } from './word.ts';

const DEFAULT_SEQ_TIMEOUT = seconds(25);
const DEFAULT_CMD_TIMEOUT = seconds(10);

type Draft = {
  sequence: Sequence | undefined;
  oneTimePath: string | undefined;
  seqTimeout: Millis;
  flags: FlagRule;
  target: Address | undefined;
  cmdTimeout: Millis;
  commands: CommandTexts;
};

/** The door of one section, or `undefined` if it has none to give: it is no door, or its sequence is wrong. */
export function parseDoor(section: Section, findings: Findings): DoorSpec | undefined {
  const draft: Draft = {
    sequence: undefined,
    oneTimePath: undefined,
    seqTimeout: DEFAULT_SEQ_TIMEOUT,
    flags: ANY_FLAGS,
    target: undefined,
    cmdTimeout: DEFAULT_CMD_TIMEOUT,
    commands: {},
  };
  for (const entry of section.entries) readEntry(entry, draft, findings);
  if (section.kind !== 'door') return undefined;
  judgeWhole(section, findings);
  const sequenceSource = sourceOf(draft);
  if (sequenceSource === undefined) return undefined;
  const { seqTimeout, flags, target, cmdTimeout, commands } = draft;
  return {
    name: section.name.text,
    sequenceSource,
    seqTimeout,
    flags,
    ...(target === undefined ? {} : { target }),
    opening: compileOpening(commands, cmdTimeout),
  };
}

function readEntry({ directive: { name }, value }: Entry, draft: Draft, findings: Findings): void {
  if (value === undefined) return;
  if (isCommandName(name)) {
    draft.commands[name] = value.text;
    judgeCommandLength(value, findings);
  } else {
    READERS[name]?.(value, draft, findings);
  }
}

const READERS: Readonly<
  Partial<Record<DirectiveName, (value: Word, draft: Draft, findings: Findings) => void>>
> = {
  Sequence: (value, draft, findings) => {
    draft.sequence = parseSequence(value, findings);
  },
  One_Time_Sequences: (value, draft, findings) => {
    draft.oneTimePath = value.text;
    if (value.text === '') findings.error(value, 'a file is missing: name the file that holds the sequences');
  },
  Seq_Timeout: (value, draft, findings) => {
    const timeout = parseSeconds(value, findings);
    if (timeout === 0)
      findings.warning(value, 'within 0 seconds no second knock can arrive: allow 1 at least');
    if (timeout !== undefined) draft.seqTimeout = timeout;
  },
  TCPFlags: (value, draft, findings) => {
    draft.flags = mergeFlagRules(draft.flags, parseFlags(value, findings));
  },
  Target: (value, draft, findings) => {
    draft.target = parseTarget(value, findings);
  },
  Cmd_Timeout: (value, draft, findings) => {
    draft.cmdTimeout = parseSeconds(value, findings) ?? draft.cmdTimeout;
  },
};

function parseTarget(word: Word, findings: Findings): Address | undefined {
  const address = parseAddress(word.text);
  if (address === undefined) {
    const wrong = word.text === '' ? 'an address is missing' : `${quoteText(word.text)} is not an IP address`;
    findings.error(word, `${wrong}: write one such as 192.0.2.1 or 2001:db8::1, no name, prefix or zone`);
  }
  return address;
}

/** What only the section as a whole can be wrong about. */
function judgeWhole({ name, entries }: Section, findings: Findings): void {
  const shown = `[${escapeText(name.text)}]`;
  const first = (...names: readonly DirectiveName[]): Entry | undefined =>
    entries.find(({ directive }) => names.includes(directive.name));
  const sequence = first('Sequence');
  const oneTime = first('One_Time_Sequences');
  if (sequence === undefined && oneTime === undefined) {
    findings.error(name, `${shown} has no sequence: add a line such as sequence = 7000,8000,9000`);
  } else if (sequence !== undefined && oneTime !== undefined) {
    const [earlier, later] = sequence.key.line < oneTime.key.line ? [sequence, oneTime] : [oneTime, sequence];
    const both = `${later.directive.name} stands beside ${earlier.directive.name} of line ${earlier.key.line}`;
    findings.error(later.key, `${both}: a door has one of them, remove the other`);
  }
  const stop = first('Stop_Command', 'Stop_Command_6');
  if (stop !== undefined && first('Start_Command', 'Start_Command_6') === undefined) {
    const why = 'nothing is started that it could stop, and it would never run';
    findings.error(stop.key, `${stop.directive.name} without Start_Command: ${why}; add Start_Command`);
  }
}

function sourceOf({ sequence, oneTimePath }: Draft): SequenceSource | undefined {
  if (sequence !== undefined) return { kind: 'fixed', sequence };
  return oneTimePath === undefined ? undefined : { kind: 'one-time', path: oneTimePath };
}

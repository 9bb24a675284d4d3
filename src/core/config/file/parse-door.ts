import type { DoorSpec, SequenceSource } from '../../door/door.ts';
import type { Opening } from '../../door/opening.ts';
import type { PortOpening } from '../../door/port-opening.ts';
import type { ProofKind } from '../../door/proof-kind.ts';
import type { Sequence } from '../../door/sequence.ts';
import { type Address, parseAddress } from '../../net/address.ts';
import type { Prefix } from '../../net/prefix.ts';
import { ANY_FLAGS, type FlagRule } from '../../net/tcp-flags.ts';
import { type Millis, millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { escapeText, quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import {
  type CommandTexts,
  compileOpening,
  isCommandName,
  judgeCommandLength,
} from '../values/compile-opening.ts';
import { parseAccept } from '../values/parse-accept.ts';
import { hasUnit, parseDuration } from '../values/parse-duration.ts';
import { mergeFlagRules, parseFlags } from '../values/parse-flags.ts';
import { parseLeasePrefix6 } from '../values/parse-lease-prefix6.ts';
import { parseNames } from '../values/parse-names.ts';
import { parsePorts } from '../values/parse-ports.ts';
import { parsePrefixes } from '../values/parse-prefixes.ts';
import { parseSeconds } from '../values/parse-seconds.ts';
import { parseSequence } from '../values/parse-sequence.ts';
import { parseYesNo } from '../values/parse-yes-no.ts';
import type { DirectiveName } from './directives.ts';
import { judgeDoor } from './judge-door.ts';
import type { Entry, Section } from './read-sections.ts';

const DEFAULT_SEQ_TIMEOUT = seconds(25);
const DEFAULT_CMD_TIMEOUT = seconds(10);

/** What `Max_Leases` may ask for: each lease is an element in the kernel, a row on the disk and an entry in memory. */
const MOST_LEASES = 1_048_576;

type Draft = {
  sequence: Sequence | undefined;
  oneTimePath: string | undefined;
  accept: readonly ProofKind[];
  readonly users: string[];
  maxOpenFor: Millis | undefined;
  requireSource: boolean;
  seqTimeout: Millis;
  flags: FlagRule;
  target: Address | undefined;
  cmdTimeout: Millis;
  commands: CommandTexts;
  ports: readonly PortOpening[];
  singleUse: boolean;
  hold: boolean;
  closeKills: boolean;
  leasePrefix6: number | undefined;
  readonly allow: Prefix[];
  readonly deny: Prefix[];
  maxLeases: number | undefined;
  cooldown: Millis;
};

/** The door of one section, or `undefined` if it has none to give: it is no door, or its sequence is wrong. */
export function parseDoor(section: Section, findings: Findings): DoorSpec | undefined {
  const draft: Draft = {
    sequence: undefined,
    oneTimePath: undefined,
    accept: [],
    users: [],
    maxOpenFor: undefined,
    requireSource: false,
    seqTimeout: DEFAULT_SEQ_TIMEOUT,
    flags: ANY_FLAGS,
    target: undefined,
    cmdTimeout: DEFAULT_CMD_TIMEOUT,
    commands: {},
    ports: [],
    singleUse: false,
    hold: false,
    closeKills: false,
    leasePrefix6: undefined,
    allow: [],
    deny: [],
    maxLeases: undefined,
    cooldown: millis(0),
  };
  for (const entry of section.entries) readEntry(entry, draft, findings);
  if (section.kind !== 'door') return undefined;
  judgeDoor(section, findings);
  const sequenceSource = sourceOf(draft);
  if (sequenceSource === undefined) return undefined;
  const { seqTimeout, flags, target, allow, deny, maxLeases, cooldown } = draft;
  return {
    name: section.name.text,
    sequenceSource,
    ...proofsOf(draft, sequenceSource),
    seqTimeout,
    flags,
    ...(target === undefined ? {} : { target }),
    ...(allow.length === 0 ? {} : { allow }),
    ...(deny.length === 0 ? {} : { deny }),
    opening: openingOf(draft),
    ...(maxLeases === undefined ? {} : { maxLeases }),
    ...(cooldown === 0 ? {} : { cooldown }),
  };
}

function openingOf({
  commands,
  cmdTimeout,
  ports,
  singleUse,
  hold,
  closeKills,
  leasePrefix6,
}: Draft): Opening {
  const [first, ...rest] = ports;
  const opening = compileOpening(commands, cmdTimeout);
  if (first === undefined) return opening;
  return {
    ...opening,
    ports: [first, ...rest],
    ...(singleUse ? { singleUse } : {}),
    ...(hold ? { hold } : {}),
    ...(closeKills ? { closeKills } : {}),
    ...(leasePrefix6 === undefined ? {} : { leasePrefix6 }),
  };
}

function readEntry({ directive: { name }, key, value }: Entry, draft: Draft, findings: Findings): void {
  if (value === undefined) return;
  if (isCommandName(name)) {
    draft.commands[name] = value.text;
    judgeCommandLength(value, findings);
  } else {
    READERS[name]?.(value, draft, findings, key);
  }
}

const READERS: Readonly<
  Partial<Record<DirectiveName, (value: Word, draft: Draft, findings: Findings, key: Word) => void>>
> = {
  Sequence: (value, draft, findings) => {
    draft.sequence = parseSequence(value, findings);
  },
  One_Time_Sequences: (value, draft, findings) => {
    draft.oneTimePath = value.text;
    if (value.text === '') findings.error(value, 'a file is missing: name the file that holds the sequences');
  },
  Accept: (value, draft, findings) => {
    draft.accept = parseAccept(value, findings);
  },
  Users: (value, draft, findings) => {
    draft.users.push(...parseNames(value, 'user', findings));
  },
  Max_Open_For: (value, draft, findings) => {
    draft.maxOpenFor = parseMaxOpenFor(value, findings);
  },
  Require_Source: (value, draft, findings, key) => {
    draft.requireSource = parseYesNo(value, yesOrNo(key), findings);
  },
  Seq_Timeout: (value, draft, findings) => {
    const timeout = parseSeconds(value, findings);
    if (timeout === 0)
      findings.warning(value, 'no-time', 'within 0 seconds no second knock can arrive: allow 1 at least');
    if (timeout !== undefined) draft.seqTimeout = timeout;
  },
  TCPFlags: (value, draft, findings) => {
    draft.flags = mergeFlagRules(draft.flags, parseFlags(value, findings));
  },
  Target: (value, draft, findings) => {
    draft.target = parseTarget(value, findings);
  },
  Cmd_Timeout: (value, draft, findings, key) => {
    draft.cmdTimeout = parseOpenTime(value, key, findings) ?? draft.cmdTimeout;
  },
  Open: (value, draft, findings) => {
    draft.ports = parsePorts(value, draft.ports, findings);
  },
  Single_Use: (value, draft, findings, key) => {
    draft.singleUse = parseYesNo(value, yesOrNo(key), findings);
  },
  Hold: (value, draft, findings, key) => {
    draft.hold = parseYesNo(value, yesOrNo(key), findings);
  },
  Close_Kills: (value, draft, findings, key) => {
    draft.closeKills = parseYesNo(value, yesOrNo(key), findings);
  },
  Lease_Prefix6: (value, draft, findings) => {
    draft.leasePrefix6 = parseLeasePrefix6(value, findings);
  },
  Allow: (value, draft, findings) => {
    for (const prefix of parsePrefixes(value, findings)) draft.allow.push(prefix);
  },
  Deny: (value, draft, findings) => {
    for (const prefix of parsePrefixes(value, findings)) draft.deny.push(prefix);
  },
  Max_Leases: (value, draft, findings) => {
    draft.maxLeases = parseMaxLeases(value, findings);
  },
  Cooldown: (value, draft, findings) => {
    draft.cooldown = parseDuration(value, findings) ?? draft.cooldown;
  },
};

/** Under knockd's own name seconds alone: knockd takes `10m` for 10 seconds, and a file means the same to both. */
function parseOpenTime(value: Word, key: Word, findings: Findings): Millis | undefined {
  const isSeconds = /^(?:cmd_timeout)$/i.test(key.text);
  if (!isSeconds) return parseDuration(value, findings);
  if (!hasUnit(value.text)) return parseSeconds(value, findings);
  const remedy = `write whole seconds, or Open_For = ${value.text}`;
  findings.error(
    value,
    `${quoteText(value.text)}: ${escapeText(key.text)} has no units, knockd would read the digits alone: ${remedy}`,
  );
  return undefined;
}

function yesOrNo(key: Word): string {
  const name = escapeText(key.text);
  return `write ${name} = yes or ${name} = no`;
}

function parseMaxLeases(value: Word, findings: Findings): number | undefined {
  const number = /^[0-9]{1,9}$/.test(value.text) ? Number(value.text) : 0;
  if (number >= 1 && number <= MOST_LEASES) return number;
  const wrong = value.text === '' ? 'a number is missing' : `${quoteText(value.text)} is no number of leases`;
  findings.error(value, `${wrong}: write a whole number from 1 to ${MOST_LEASES}`);
  return undefined;
}

function parseTarget(word: Word, findings: Findings): Address | undefined {
  const address = parseAddress(word.text);
  if (address === undefined) {
    const wrong = word.text === '' ? 'an address is missing' : `${quoteText(word.text)} is not an IP address`;
    findings.error(word, `${wrong}: write one such as 192.0.2.1 or 2001:db8::1, no name, prefix or zone`);
  }
  return address;
}

function parseMaxOpenFor(value: Word, findings: Findings): Millis | undefined {
  const longest = parseDuration(value, findings);
  if (longest === 0) findings.error(value, 'Max_Open_For is 1 second at least: write a time such as 10m');
  return longest === 0 ? undefined : longest;
}

function sourceOf({ sequence, oneTimePath, accept }: Draft): SequenceSource | undefined {
  if (sequence !== undefined) return { kind: 'fixed', sequence };
  if (oneTimePath !== undefined) return { kind: 'one-time', path: oneTimePath };
  return accept.includes('key') ? { kind: 'none' } : undefined;
}

/** A sequence counts without being named in `Accept`. */
function proofsOf(
  { accept, users, maxOpenFor, requireSource }: Draft,
  { kind }: SequenceSource,
): Pick<DoorSpec, 'accept' | 'users' | 'maxOpenFor' | 'requireSource'> {
  if (!accept.includes('key')) return {};
  return {
    accept: kind === 'none' ? ['key'] : ['sequence', 'key'],
    ...(users.length === 0 ? {} : { users: [...new Set(users)] }),
    ...(maxOpenFor === undefined ? {} : { maxOpenFor }),
    ...(requireSource ? { requireSource } : {}),
  };
}

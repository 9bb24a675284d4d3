import { type Address, parseAddress, unmapped } from '../../net/address.ts';
import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { parseAccept } from '../values/parse-accept.ts';
import { parseCodePorts } from '../values/parse-code-ports.ts';
import { parseDuration } from '../values/parse-duration.ts';
import { mergeFlagRules, parseFlags } from '../values/parse-flags.ts';
import { parseNames } from '../values/parse-names.ts';
import { parsePrefixes } from '../values/parse-prefixes.ts';
import { parseSeconds } from '../values/parse-seconds.ts';
import { parseSequence } from '../values/parse-sequence.ts';
import { type Declared, flag, valued } from './declared.ts';
import type { DoorDraft } from './door-draft.ts';

export const DEFAULT_SEQ_TIMEOUT = seconds(25);

/** What opens a door, and for whom. */
export const PROOF_DIRECTIVES = [
  {
    name: 'Sequence',
    section: 'door',
    repeated: 'last',
    value: 'word',
    help: {
      list: 'proofs',
      value: 'PORT[:tcp|:udp][,...]',
      text: 'The ports to knock on, in order. Without a protocol it is TCP.',
    },
    read: valued((value, draft, findings) => {
      const sequence = parseSequence(value, findings);
      if (sequence === undefined) delete draft.sequence;
      else draft.sequence = sequence;
    }),
  },
  {
    name: 'One_Time_Sequences',
    section: 'door',
    repeated: 'last',
    value: 'path',
    help: {
      list: 'proofs',
      value: 'FILE',
      text: 'A file with one sequence a line. The first unused line opens the door and is then commented out.',
    },
    read: valued((value, draft, findings) => {
      draft.oneTimePath = value.text;
      if (value.text === '')
        findings.error(value, 'a file is missing: name the file that holds the sequences');
    }),
  },
  {
    name: 'Accept',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'PROOF[,...]',
      text: "What opens the door besides its sequence, or instead of one. `key`: a knock that is signed by a user's SSH key. `code`: the code that an authenticator app shows, knocked as two ports. `spa`: a packet of the fwknop client.",
      default: 'the sequence alone',
    },
    read: valued((value, draft, findings) => {
      draft.accept = parseAccept(value, findings);
    }),
  },
  {
    name: 'Users',
    section: 'door',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'NAME[,...]',
      text: 'The users whose keys, codes or packets open the door.',
      default: 'all users whose own `doors` allow it',
    },
    read: valued((value, { proofs }, findings) => {
      const names = [...(proofs.users ?? []), ...parseNames(value, 'user', findings)];
      if (names.length > 0) proofs.users = [...new Set(names)];
    }),
  },
  {
    name: 'Code_Ports',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'A, B',
      text: 'Where codes are knocked: two different numbers from 1 to 64. For the code `492 817`, knock on port `A492` and then on port `B817`, by TCP or UDP. Needed with `accept = code`; `bussa user add NAME --code` chooses the numbers.',
      default: 'none',
    },
    read: valued((value, { proofs }, findings) => {
      const ports = parseCodePorts(value, findings);
      if (ports !== undefined) proofs.codePorts = ports;
    }),
  },
  {
    name: 'Max_Open_For',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'TIME',
      text: 'The longest time that a client may ask for.',
      default: "the door's own time",
    },
    read: valued((value, { proofs }, findings) => {
      const longest = parseMaxOpenFor(value, findings);
      if (longest !== undefined) proofs.maxOpenFor = longest;
    }),
  },
  {
    name: 'Require_Source',
    section: 'door',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'yes|no',
      text: 'Whether a signed knock or a packet of fwknop has to name the address that the door opens to.',
      default: '`no`',
    },
    read: flag(({ proofs }) => proofs, 'requireSource'),
  },
  {
    name: 'Seq_Timeout',
    section: 'door',
    alias: 'Timeout',
    repeated: 'last',
    value: 'word',
    help: {
      list: 'proofs',
      value: 'SECONDS',
      text: 'The time limit for the whole sequence, from the first knock.',
      default: `${DEFAULT_SEQ_TIMEOUT / 1000}`,
    },
    read: valued((value, draft, findings) => {
      const timeout = parseSeconds(value, findings);
      if (timeout === 0)
        findings.warning(value, 'no-time', 'within 0 seconds no second knock can arrive: allow at least 1');
      if (timeout !== undefined) draft.seqTimeout = timeout;
    }),
  },
  {
    name: 'TCPFlags',
    section: 'door',
    repeated: 'both',
    value: 'word',
    help: {
      list: 'proofs',
      value: 'FLAG[,...]',
      text: 'The flags that a TCP packet must have (`syn`) or must not have (`!ack`) to count: `fin`, `syn`, `rst`, `psh`, `ack`, `urg`. `syn` is nearly always right.',
      default: 'any packet counts',
    },
    read: valued((value, draft, findings) => {
      draft.flags = mergeFlagRules(draft.flags, parseFlags(value, findings));
    }),
  },
  {
    name: 'Target',
    section: 'door',
    repeated: 'last',
    value: 'word',
    help: {
      list: 'proofs',
      value: 'ADDRESS',
      text: 'Only knocks sent to this address count, instead of knocks sent to the host.',
      default: "the host's own addresses",
    },
    read: valued((value, { door }, findings) => {
      const target = parseTarget(value, findings);
      if (target !== undefined) door.target = target;
    }),
  },
  {
    name: 'Allow',
    section: 'door',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'NETWORK[,...]',
      text: 'Only these addresses may knock at the door.',
      default: 'everybody',
    },
    read: valued((value, { door }, findings) => {
      const allow = [...(door.allow ?? []), ...parsePrefixes(value, findings)];
      if (allow.length > 0) door.allow = allow;
    }),
  },
  {
    name: 'Deny',
    section: 'door',
    repeated: 'both',
    isNew: true,
    value: 'word',
    help: {
      list: 'proofs',
      value: 'NETWORK[,...]',
      text: 'These addresses may not knock, even if `Allow` names them.',
      default: 'nobody',
    },
    read: valued((value, { door }, findings) => {
      const deny = [...(door.deny ?? []), ...parsePrefixes(value, findings)];
      if (deny.length > 0) door.deny = deny;
    }),
  },
] as const satisfies readonly Declared<DoorDraft>[];

function parseTarget(word: Word, findings: Findings): Address | undefined {
  const address = parseAddress(word.text);
  if (address === undefined) {
    const wrong = word.text === '' ? 'an address is missing' : `${quoteText(word.text)} is not an IP address`;
    findings.error(word, `${wrong}: write one such as 192.0.2.1 or 2001:db8::1, no name, prefix or zone`);
  }
  return address === undefined ? undefined : unmapped(address);
}

function parseMaxOpenFor(value: Word, findings: Findings): Millis | undefined {
  const longest = parseDuration(value, findings);
  if (longest === 0) findings.error(value, 'Max_Open_For is 1 second at least: write a time such as 10m');
  return longest === 0 ? undefined : longest;
}

import { parseStep } from '../config/values/parse-sequence.ts';
import { isCodePrefix, MAX_PREFIX } from '../door/code-ports.ts';
import { MAX_SEQUENCE_LENGTH } from '../door/sequence.ts';
import { MAX_PORT, parsePort } from '../net/port.ts';
import { type Millis, millis } from '../net/time.ts';
import { MAX_DOOR_BYTES } from '../signed/knock-layout.ts';
import { CARD_PREFIX } from '../signed/server-card.ts';
import type { Findings } from '../text/findings.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { quoteText } from '../text/quote-text.ts';
import type { Word } from '../text/word.ts';
import type { CardReader, HostSettings } from './hosts-file.ts';
import {
  inSpaBounds,
  parseResolveUrl,
  parseSpaAddress,
  parseSpaOffset,
  parseSpaPorts,
  parseSpaUser,
} from './spa-keywords.ts';

/** Where the words after a keyword are stored, and how they are parsed; `undefined` after a finding. */
type Keyword = {
  readonly name: string;
  readonly many?: true;
  readonly parse: (
    words: readonly [Word, ...Word[]],
    findings: Findings,
    readCard: CardReader,
  ) => HostSettings | undefined;
};

/** Timers of Node.js wait 2^31-1 ms at most; a day is more than enough. */
const MAX_WAIT_MS = 86_400_000;
const MAX_RETRIES = 100;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** All except `Host`. */
export const HOST_KEYWORDS: readonly Keyword[] = [
  { name: 'HostName', parse: ([word], findings) => ifGood(parseHostName(word, findings), 'hostName') },
  { name: 'Port', parse: ([word], findings) => ifGood(parsePortWord(word, findings), 'port') },
  { name: 'Knock', many: true, parse: parseKnock },
  { name: 'Delay', parse: ([word], findings) => ifGood(parseWait(word, 0, findings), 'delay') },
  {
    name: 'AddressFamily',
    parse: ([word], findings) => ifGood(parseFamily(word, findings), 'addressFamily'),
  },
  { name: 'Retries', parse: ([word], findings) => ifGood(parseRetries(word, findings), 'retries') },
  { name: 'Timeout', parse: ([word], findings) => ifGood(parseWait(word, 1, findings), 'timeout') },
  {
    name: 'Card',
    parse: ([word], findings, readCard) => ifGood(parseCardWord(word, findings, readCard), 'card'),
  },
  {
    name: 'IdentityFile',
    parse: ([word], findings) => ifGood(parsePath(word, findings), 'identityFile'),
  },
  {
    name: 'IdentityAgent',
    parse: ([word], findings) => ifGood(parsePath(word, findings), 'identityAgent'),
  },
  { name: 'Door', parse: ([word], findings) => ifGood(parseDoor(word, findings), 'door') },
  { name: 'For', parse: ([word], findings) => ifGood(parseWait(word, 1000, findings), 'openFor') },
  { name: 'CodePorts', many: true, parse: parseCodePortWords },
  { name: 'CodeFile', parse: ([word], findings) => ifGood(parsePath(word, findings), 'codeFile') },
  { name: 'Spa', many: true, parse: parseSpaPorts },
  { name: 'SpaKeyFile', parse: ([word], findings) => ifGood(parsePath(word, findings), 'spaKeyFile') },
  { name: 'SpaAddress', parse: ([word], findings) => ifGood(parseSpaAddress(word, findings), 'spaAddress') },
  { name: 'SpaPort', parse: ([word], findings) => ifGood(parsePortWord(word, findings), 'spaPort') },
  {
    name: 'SpaTimeout',
    parse: ([word], findings) =>
      ifGood(inSpaBounds(word, parseWait(word, 1000, findings), findings), 'spaTimeout'),
  },
  { name: 'SpaUser', parse: ([word], findings) => ifGood(parseSpaUser(word, findings), 'spaUser') },
  {
    name: 'SpaTimeOffset',
    parse: ([word], findings) => ifGood(parseSpaOffset(word, findings), 'spaTimeOffset'),
  },
  {
    name: 'SpaResolveUrl',
    parse: ([word], findings) => ifGood(parseResolveUrl(word, findings), 'spaResolveUrl'),
  },
];

export function findKeyword(text: string): Keyword | undefined {
  return HOST_KEYWORDS.find(({ name }) => name.toLowerCase() === text.toLowerCase());
}

export function unknownKeyword(text: string): string {
  const names = ['Host', ...HOST_KEYWORDS.map(({ name }) => name)];
  const near = nearestWord(text, names);
  return `unknown keyword ${quoteText(text)}: ${near === undefined ? `there are ${names.join(', ')}` : `did you mean ${near}?`}`;
}

function ifGood<Name extends keyof HostSettings>(
  value: HostSettings[Name],
  name: Name,
): HostSettings | undefined {
  return value === undefined ? undefined : { [name]: value };
}

function parseHostName(word: Word, findings: Findings): string | undefined {
  if (/^[^\p{C}\p{Z}]{1,255}$/u.test(word.text)) return word.text;
  findings.error(word, `${quoteText(word.text)} is not a host: write a name or an address`);
  return undefined;
}

function parsePortWord(word: Word, findings: Findings) {
  const port = parsePort(word.text);
  if (port !== undefined) return port;
  findings.error(word, `${quoteText(word.text)} is not a port: it is a number from 1 to ${MAX_PORT}`);
  return undefined;
}

/** `7000 8000:udp 9000`; every bad one is a finding. */
function parseKnock(words: readonly [Word, ...Word[]], findings: Findings): HostSettings | undefined {
  const excess = words[MAX_SEQUENCE_LENGTH];
  if (excess !== undefined) {
    findings.error(excess, `the sequence is too long: it may have ${MAX_SEQUENCE_LENGTH} ports at most`);
    return undefined;
  }
  const comma = words.find(({ text }) => text.includes(','));
  if (comma !== undefined) {
    findings.error(comma, 'ports are separated by white space here, as in Knock 7000 8000:udp 9000');
    return undefined;
  }
  const [first, ...rest] = words
    .map((word) => parseStep(word, findings, 'blanks'))
    .filter((step) => step !== undefined);
  return first === undefined || rest.length + 1 < words.length ? undefined : { knock: [first, ...rest] };
}

/** `17 23`: what the app shows above the code. */
function parseCodePortWords(words: readonly [Word, ...Word[]], findings: Findings): HostSettings | undefined {
  const [first, second] = words.map(({ text }) => (isCodePrefix(text) ? Number(text) : undefined));
  if (words.length === 2 && first !== undefined && second !== undefined && first !== second)
    return { codePorts: [first, second] };
  const remedy = `write the two numbers that the app shows above the code, such as CodePorts 17 23`;
  findings.error(words[0], `these are not two different numbers from 1 to ${MAX_PREFIX}: ${remedy}`);
  return undefined;
}

/** `100ms`, `2s`, `1m`: the unit is required, because `knock -d` counts in milliseconds and ssh in seconds. */
function parseWait(word: Word, least: number, findings: Findings): Millis | undefined {
  const [, digits = '', unit = ''] = /^([0-9]{1,9})(ms|s|m|h)$/i.exec(word.text) ?? [];
  const length = Number(digits) * (UNIT_MS[unit.toLowerCase()] ?? Number.NaN);
  if (digits !== '' && length >= least && length <= MAX_WAIT_MS) return millis(length);
  const remedy = 'write a number with its unit ms, s, m or h, as in 100ms or 5s';
  const lower = least === 1000 ? 'at least 1s, ' : 'more than 0, ';
  const bounds = `${least === 0 ? '' : lower}at most 24h`;
  findings.error(word, `${quoteText(word.text)} is not a valid length of time: ${remedy}; ${bounds}`);
  return undefined;
}

function parseFamily(word: Word, findings: Findings): HostSettings['addressFamily'] {
  const family = { any: 'any', inet: 4, inet6: 6 } as const;
  const lower = word.text.toLowerCase();
  if (lower === 'any' || lower === 'inet' || lower === 'inet6') return family[lower];
  findings.error(
    word,
    `unknown address family ${quoteText(word.text)}: it is any, inet (IPv4) or inet6 (IPv6)`,
  );
  return undefined;
}

function parseCardWord(word: Word, findings: Findings, readCard: CardReader): HostSettings['card'] {
  const card = readCard(word.text);
  if (card !== undefined) return card;
  const what = word.text.startsWith(CARD_PREFIX)
    ? 'this card is damaged: a character is missing, or another one stands in its place'
    : `${quoteText(word.text)} is no card: it begins with ${CARD_PREFIX}`;
  findings.error(word, `${what}; copy it whole from the server, where \`bussa key show\` prints it`);
  return undefined;
}

function parsePath(word: Word, findings: Findings): string | undefined {
  if (word.text !== '') return word.text;
  findings.error(word, 'a path is missing here');
  return undefined;
}

function parseDoor(word: Word, findings: Findings): string | undefined {
  const length = new TextEncoder().encode(word.text).length;
  if (length > 0 && length <= MAX_DOOR_BYTES) return word.text;
  findings.error(
    word,
    length === 0
      ? "a door's name is missing here"
      : `the name of this door is too long: it may have ${MAX_DOOR_BYTES} bytes`,
  );
  return undefined;
}

function parseRetries(word: Word, findings: Findings): number | undefined {
  const count = /^[0-9]{1,3}$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (count <= MAX_RETRIES) return count;
  findings.error(word, `${quoteText(word.text)} is not a valid number: Retries is from 0 to ${MAX_RETRIES}`);
  return undefined;
}

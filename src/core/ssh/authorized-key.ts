import { parsePaddedBase64 } from '../bytes/base64.ts';
import type { Address } from '../net/address.ts';
import { type Instant, instant } from '../net/time.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { type KeyOption, readKeyOptions } from './key-options.ts';
import { KEY_TYPES, readPublicKey, type SshPublicKey } from './public-key.ts';
import { compileSourcePatterns } from './source-patterns.ts';

/** A key, and the options before it. */
export type AuthorizedKey = {
  readonly key: SshPublicKey;
  readonly comment: string;
  /** Sources that may use it. Absent: all. */
  readonly admits?: (source: Address) => boolean;
  /** By the wall clock: valid until then. */
  readonly until?: Instant;
  /** A hardware token need not be touched. */
  readonly mayBeUntouched?: boolean;
  /** A hardware token must have checked a PIN or a fingerprint. */
  readonly mustBeVerified?: boolean;
};

/** `notes`: options without effect here, and why. */
export type AuthorizedKeyReading =
  | { readonly kind: 'key'; readonly key: AuthorizedKey; readonly notes: readonly string[] }
  | { readonly kind: 'bad'; readonly reason: string };

/** Longer than the line of a 16,384-bit key with its options. */
const MAX_LINE = 16_384;

const bad = (reason: string): AuthorizedKeyReading => ({ kind: 'bad', reason });

/** A line as in authorized_keys (sshd(8)): `[options] type base64 [comment]`. */
export function parseAuthorizedKey(line: string): AuthorizedKeyReading {
  if (line.length > MAX_LINE) return bad(`the line has more than ${MAX_LINE} characters`);
  if (line.includes('PRIVATE KEY'))
    return bad('this is a private key: give the public one, which ends in .pub');
  const startsWithType =
    KEY_TYPES.some((type) => /^[ \t]/.test(line.slice(type.length)) && line.startsWith(type)) ||
    /^\S+[ \t]+AAAA/.test(line);
  const reading = startsWithType ? ({ kind: 'options', options: [], end: 0 } as const) : readKeyOptions(line);
  if (reading.kind === 'bad') return reading;
  const [type = '', base64 = '', ...comment] = line
    .slice(reading.end)
    .trim()
    .split(/[ \t]+/);
  const blob = parsePaddedBase64(base64);
  if (base64 === '' || blob === undefined)
    return bad('the key is missing or damaged: copy the whole line of the .pub file');
  const key = readPublicKey(blob);
  if (key.kind === 'refused') return bad(key.reason);
  if (key.key.type !== type) return bad(`the line says ${type}, and the key is one of type ${key.key.type}`);
  return applyOptions({ key: key.key, comment: comment.join(' ') }, reading.options);
}

function applyOptions(bare: AuthorizedKey, options: readonly KeyOption[]): AuthorizedKeyReading {
  let key = bare;
  const notes: string[] = [];
  for (const option of options) {
    const applied = applyOption(key, option);
    if (typeof applied === 'string') return bad(applied);
    if (applied.note !== undefined) notes.push(applied.note);
    key = applied.key;
  }
  return { kind: 'key', key, notes };
}

const RESTRICTIONS: readonly string[] = ['from', 'expiry-time', 'verify-required', 'touch-required'];

const FLAGS: readonly string[] = [
  'no-touch-required',
  'touch-required',
  'verify-required',
  'no-verify-required',
];

type Applied = { readonly key: AuthorizedKey; readonly note?: string };

/** The key with the option applied; a string says why it cannot be accepted. */
function applyOption(key: AuthorizedKey, { name, value }: KeyOption): Applied | string {
  if (FLAGS.includes(name) && value !== undefined) return `${name} takes no value: remove it`;
  switch (name) {
    case 'from': {
      if (key.admits !== undefined) return 'from is there twice: write one list';
      const { admits, notes } = compileSourcePatterns(value ?? '');
      return { key: { ...key, admits }, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
    }
    case 'expiry-time': {
      const until = parseExpiry(value ?? '');
      return until === undefined
        ? 'expiry-time is not a time: write YYYYMMDD or YYYYMMDDHHMM[SS], with a Z at the end for UTC'
        : { key: { ...key, until: instant(Math.min(until, key.until ?? until)) } };
    }
    case 'no-touch-required':
      return { key: { ...key, mayBeUntouched: true } };
    case 'touch-required':
      return { key: { ...key, mayBeUntouched: false } };
    case 'verify-required':
      return { key: { ...key, mustBeVerified: true } };
    case 'no-verify-required':
      return { key: { ...key, mustBeVerified: false } };
    case 'cert-authority':
    case 'principals':
      return `${name}: certificates cannot knock: give the plain public key`;
    default:
      return otherOption(key, name);
  }
}

/** sshd(8): options that only concern logins; each may begin with `no-`. */
const LOGIN_OPTIONS: readonly string[] = [
  ...['agent-forwarding', 'command', 'environment', 'permitlisten', 'permitopen', 'port-forwarding', 'pty'],
  ...['restrict', 'tunnel', 'user-rc', 'x11-forwarding'],
];

function otherOption(key: AuthorizedKey, name: string): Applied | string {
  if (LOGIN_OPTIONS.includes(name.replace(/^no-/, '')))
    return { key, note: `${name} concerns logins, and counts for nothing here` };
  // A misspelt restriction would otherwise have no effect.
  const meant = nearestWord(name, RESTRICTIONS);
  if (meant !== undefined) return `unknown option ${name}: did you mean ${meant}?`;
  return { key, note: `${name} is not an option of authorized_keys, and has no effect` };
}

/** sshd(8): a day or a moment, in the host's time zone, or in UTC with `Z` or `UTC`. */
function parseExpiry(text: string): Instant | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z|UTC)?$/i.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
  const numbers = [year, (month ?? 0) - 1, day, hour, minute, second] as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const isUtc = parts[7] !== undefined;
  const time = isUtc ? Date.UTC(...numbers) : new Date(...numbers).getTime();
  const shown = new Date(time);
  const isSame = (isUtc ? shown.getUTCDate() : shown.getDate()) === day;
  return isSame && (month ?? 0) >= 1 && (month ?? 13) <= 12 ? instant(time) : undefined;
}

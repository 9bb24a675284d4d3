import { parseBase64, renderBase64 } from '../bytes/base64.ts';
import { asciiBytes } from '../bytes/concat-bytes.ts';
import { type Ciphers, HASH_NAMES, type HashName } from '../cipher/ciphers.ts';
import { type Instant, instant, type Millis, seconds } from '../net/time.ts';

/**
 * What a packet asks for (fko_message.h): 0 runs a command · 1 opens ports · 2 and 4 translate addresses · 3 and 5 to 6
 * do so with a timeout of the sender's.
 */
export type SpaType = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** What a sender of fwknop has written. */
export type SpaMessage = {
  /** 16 digits. */
  readonly random: string;
  readonly user: string;
  /** By the sender's clock, to the second. */
  readonly time: Instant;
  readonly version: string;
  readonly type: SpaType;
  /** `192.0.2.7,tcp/22`, or a command. */
  readonly message: string;
  /** Of the types that translate: `10.0.0.5,22`. */
  readonly nat?: string;
  /** What `server_auth` holds: nothing that is in use. */
  readonly serverAuth?: string;
  readonly timeout?: Millis;
};

/** Longer than those of the largest packet. */
const MAX_FIELDS = 9;

/** The digests that there are, by the length of their base64. */
const DIGESTS: ReadonlyMap<number, readonly HashName[]> = new Map([
  [22, ['md5']],
  [27, ['sha1']],
  [43, ['sha256', 'sha3_256']],
  [64, ['sha384']],
  [86, ['sha512', 'sha3_512']],
]);

const hasNat = (type: SpaType): boolean => type === 2 || type === 4 || type === 5 || type === 6;
const hasTimeout = (type: SpaType): boolean => type === 3 || type === 5 || type === 6;

/** Reads the text of an opened packet, its digest first. `undefined` for what is none. */
export function readSpaMessage(ciphers: Ciphers, text: string): SpaMessage | undefined {
  const end = text.lastIndexOf(':');
  const body = text.slice(0, end);
  if (end < 0 || digestName(ciphers, body, text.slice(end + 1)) === undefined) return undefined;
  const fields = body.split(':');
  if (fields.length > MAX_FIELDS) return undefined;
  const [random = '', user64 = '', time = '', version = '', typeText = '', message64 = '', ...rest] = fields;
  const type = /^[0-6]$/.test(typeText) ? (Number(typeText) as SpaType) : undefined;
  const user = asText(user64);
  const message = asText(message64);
  if (!/^[0-9]{16}$/.test(random) || !/^[0-9]{1,15}$/.test(time) || !/^[0-9.]{1,8}$/.test(version))
    return undefined;
  if (type === undefined || user === undefined || message === undefined) return undefined;
  const tail = readTail(type, rest);
  if (tail === undefined) return undefined;
  return { random, user, time: instant(Number(time) * 1000), version, type, message, ...tail };
}

type Tail = Pick<SpaMessage, 'nat' | 'serverAuth' | 'timeout'>;

/** What stands behind the message: the translation, something of no use, the timeout. */
function readTail(type: SpaType, rest: readonly string[]): Tail | undefined {
  const left = [...rest];
  const nat64 = hasNat(type) ? left.shift() : undefined;
  const nat = nat64 === undefined ? undefined : asText(nat64);
  if (hasNat(type) && nat === undefined) return undefined;
  const last = left.at(-1);
  const isTimeout = hasTimeout(type) && last !== undefined && /^[0-9]{1,9}$/.test(last);
  const timeout = isTimeout ? Number(left.pop()) : undefined;
  const serverAuth64 = left.shift();
  const serverAuth = serverAuth64 === undefined ? undefined : asText(serverAuth64);
  if (left.length > 0 || (serverAuth64 !== undefined && serverAuth === undefined)) return undefined;
  return {
    ...(nat === undefined ? {} : { nat }),
    ...(serverAuth === undefined ? {} : { serverAuth }),
    ...(timeout === undefined ? {} : { timeout: seconds(timeout) }),
  };
}

/** The text to seal, its digest behind it. */
export function renderSpaMessage(ciphers: Ciphers, digest: HashName, spa: SpaMessage): string {
  const { random, user, time, version, type, message, nat, serverAuth, timeout } = spa;
  const encode = (text: string): string => renderBase64(asciiBytes(text));
  const fields = [
    ...[random, encode(user), `${Math.floor(time / 1000)}`, version, `${type}`, encode(message)],
    ...(nat === undefined ? [] : [encode(nat)]),
    ...(serverAuth === undefined ? [] : [encode(serverAuth)]),
    ...(timeout === undefined ? [] : [`${Math.floor(timeout / 1000)}`]),
  ];
  const body = fields.join(':');
  return `${body}:${renderBase64(ciphers.hash(digest, asciiBytes(body)))}`;
}

/** Which digest it is of the text; `undefined` for none. */
export function digestName(ciphers: Ciphers, body: string, digest: string): HashName | undefined {
  const names = DIGESTS.get(digest.length) ?? [];
  return names.find((name) => renderBase64(ciphers.hash(name, asciiBytes(body))) === digest);
}

function asText(base64: string): string | undefined {
  const bytes = parseBase64(base64);
  if (bytes === undefined || bytes.length === 0 || bytes.some((byte) => byte < 0x20 || byte > 0x7e))
    return undefined;
  return String.fromCharCode(...bytes);
}

export const isHashName = (text: string): text is HashName => HASH_NAMES.some((name) => name === text);

import { parseBase64, renderBase64 } from '../bytes/base64.ts';
import { asciiBytes } from '../bytes/concat-bytes.ts';
import { type Ciphers, HASH_NAMES, type HashName } from '../cipher/ciphers.ts';
import { type Instant, instant, type Millis, seconds } from '../net/time.ts';

/**
 * The request type (fko_message.h): 0 runs a command · 1 opens ports · 2 and 4 translate addresses · 3, 5 and 6 do the
 * same with a timeout chosen by the client.
 */
export type SpaType = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** The message of an fwknop client. */
export type SpaMessage = {
  /** 16 digits. */
  readonly random: string;
  readonly user: string;
  /** By the sender's clock, in seconds. */
  readonly time: Instant;
  readonly version: string;
  readonly type: SpaType;
  /** `192.0.2.7,tcp/22`, or a command. */
  readonly message: string;
  /** For types that translate: `10.0.0.5,22`. */
  readonly nat?: string;
  /** The unused field `server_auth`. */
  readonly serverAuth?: string;
  readonly timeout?: Millis;
};

/** More than the largest packet has. */
const MAX_FIELDS = 9;

/** The digests by the length of their base64. */
const DIGESTS: ReadonlyMap<number, readonly HashName[]> = new Map([
  [22, ['md5']],
  [27, ['sha1']],
  [43, ['sha256', 'sha3_256']],
  [64, ['sha384']],
  [86, ['sha512', 'sha3_512']],
]);

const hasNat = (type: SpaType): boolean => type === 2 || type === 4 || type === 5 || type === 6;
const hasTimeout = (type: SpaType): boolean => type === 3 || type === 5 || type === 6;

/** Parses the text of a decrypted packet and checks its digest. `undefined` if it is invalid. */
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

/** The fields after the message: the translation, an unused field, the timeout. */
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

/** The text to encrypt, followed by its digest. */
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

/** Which digest of the text it is; `undefined`: none. */
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

import { parsePaddedBase64, renderBase64 } from '../bytes/base64.ts';
import { concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { type Instant, instant, since } from '../net/time.ts';

/** The server's X25519 key pair, to which signed knocks are encrypted. */
export type ServerKey = {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
  /** By the wall clock: another key has replaced it, and it is valid until then. */
  readonly until?: Instant;
};

/** The key in the card, and earlier ones that are still valid. Never empty. */
export type ServerKeys = readonly [ServerKey, ...ServerKey[]];

export type ServerKeysReading =
  | { readonly kind: 'keys'; readonly keys: ServerKeys }
  | { readonly kind: 'bad'; readonly reason: string };

const KEY_BYTES = 32;

/** PKCS #8 (RFC 5958) of an X25519 key (RFC 8410, section 7): the prefix of its 32 bytes. */
const PKCS8 = Uint8Array.of(
  ...[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06],
  ...[0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20],
);

/** The keys valid now, and the ms until the next of them ends. */
export function acceptedKeys(
  all: readonly ServerKey[],
  wall: Instant,
): { readonly keys: readonly ServerKey[]; readonly next?: number } {
  const keys = all.filter(({ until }) => until === undefined || until > wall);
  const ends = keys.flatMap(({ until }) => (until === undefined ? [] : [since(wall, until)]));
  return { keys, ...(ends.length === 0 ? {} : { next: Math.min(...ends) }) };
}

/** Each rotation leaves one for 30 days. */
const MAX_KEYS = 64;

const BLOCK = /-----BEGIN PRIVATE KEY-----\s([A-Za-z0-9+/=\s]*?)-----END PRIVATE KEY-----/;
const UNTIL = /^# until (\S+)$/m;

/** PEM as written by `openssl genpkey -algorithm x25519`; before an earlier key `# until 2027-01-01T00:00:00.000Z`. */
export function parseServerKeys(text: string, ciphers: Ciphers): ServerKeysReading {
  const keys: ServerKey[] = [];
  let rest = text;
  for (let block = BLOCK.exec(rest); block !== null; block = BLOCK.exec(rest)) {
    if (keys.length === MAX_KEYS) return bad(`it has more than ${MAX_KEYS} keys`);
    const secret = readSecret(block[1] as string);
    if (secret === undefined) return bad('it holds a key that is no X25519 key in PKCS #8');
    const until = UNTIL.exec(rest.slice(0, block.index))?.[1];
    const end = until === undefined ? undefined : Date.parse(until);
    if (Number.isNaN(end)) return bad('the time behind "# until" is none');
    const ends = end === undefined ? {} : { until: instant(end) };
    keys.push({ secret, public: ciphers.x25519Public(secret), ...ends });
    rest = rest.slice(block.index + block[0].length);
  }
  const [first, ...others] = keys;
  if (first === undefined || rest.includes('-----BEGIN')) return bad('it is no private key in PEM');
  return { kind: 'keys', keys: [first, ...others] };
}

const bad = (reason: string): ServerKeysReading => ({ kind: 'bad', reason });

function readSecret(base64: string): Uint8Array | undefined {
  const bytes = parsePaddedBase64(base64.replaceAll(/\s/g, ''));
  if (bytes?.length !== PKCS8.length + KEY_BYTES) return undefined;
  return PKCS8.every((byte, at) => bytes[at] === byte) ? bytes.subarray(PKCS8.length) : undefined;
}

export function renderServerKeys(keys: readonly Pick<ServerKey, 'secret' | 'until'>[]): string {
  return keys
    .map(({ secret, until }) => {
      const base64 = renderBase64(concatBytes(PKCS8, secret));
      const note = until === undefined ? '' : `# until ${new Date(until).toISOString()}\n`;
      return `${note}-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
    })
    .join('');
}

/** Puts the new key first. Earlier ones are valid until `until`, or until their own end if that is sooner. */
export function rotateServerKeys(
  keys: readonly Pick<ServerKey, 'secret' | 'until'>[],
  secret: Uint8Array,
  now: Instant,
  until: Instant,
): readonly Pick<ServerKey, 'secret' | 'until'>[] {
  const kept = keys
    .map((key) => ({ secret: key.secret, until: instant(Math.min(key.until ?? until, until)) }))
    .filter((key) => key.until > now);
  return [{ secret }, ...kept.slice(0, MAX_KEYS - 1)];
}

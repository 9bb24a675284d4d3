import type { EcdsaCurve, VerifyKey } from '../cipher/ciphers.ts';
import { isOnCurve, isSoundEd25519 } from './sound-point.ts';
import { SshReader } from './ssh-reader.ts';

/** Key types that may sign a knock. */
export const KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

export type KeyType = (typeof KEY_TYPES)[number];

export type SshPublicKey = {
  readonly type: KeyType;
  /** As in an SSH agent and authorized_keys. */
  readonly blob: Uint8Array;
  readonly key: VerifyKey;
  /** For a key on a hardware token: its application (`ssh:`). */
  readonly application?: Uint8Array;
};

export type KeyReading =
  | { readonly kind: 'key'; readonly key: SshPublicKey }
  | { readonly kind: 'refused'; readonly reason: string };

/** Limits of RSA keys. The signature of a larger one does not fit into a signed knock. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
/** OpenSSH's limit (SSHBUF_MAX_BIGNUM). */
const MAX_RSA_BYTES = 2048;

const POINT_BYTES = { nistp256: 32, nistp384: 48, nistp521: 66 } as const satisfies Record<
  EcdsaCurve,
  number
>;

const refused = (reason: string): KeyReading => ({ kind: 'refused', reason });

/**
 * Parses the blob of a public key (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH's
 * PROTOCOL.u2f).
 */
export function readPublicKey(blob: Uint8Array): KeyReading {
  const reader = new SshReader(blob);
  const name = reader.ascii();
  const type = KEY_TYPES.find((one) => one === name);
  if (type === undefined) return refused(whyNotType(name));
  const key = readKey(type, reader);
  if (typeof key === 'string') return refused(key);
  const isToken = type.startsWith('sk-');
  const application = isToken ? reader.string() : undefined;
  if (isToken && (application === undefined || application.length === 0))
    return refused('the key does not say which application it was made for');
  if (!reader.isAtEnd) return refused('there are bytes behind the key');
  return { kind: 'key', key: { type, blob, key, ...(application === undefined ? {} : { application }) } };
}

function whyNotType(name: string | undefined): string {
  if (name === undefined) return 'this is not an SSH public key';
  if (name === 'ssh-dss') return 'DSA keys are too weak: make one with `ssh-keygen -t ed25519`';
  if (name.includes('-cert-')) return 'certificates cannot knock: give the plain public key';
  return `keys of the type ${name} cannot sign a knock`;
}

function readKey(type: KeyType, reader: SshReader): VerifyKey | string {
  switch (type) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com': {
      const point = reader.string();
      if (point?.length !== 32) return 'an Ed25519 key has 32 bytes';
      return isSoundEd25519(point)
        ? { kind: 'ed25519', point }
        : 'the Ed25519 key is damaged, or no signature by it proves anything: copy it again, or make another one';
    }
    case 'ssh-rsa':
      return readRsa(reader);
    case 'ecdsa-sha2-nistp384':
      return readEcdsa('nistp384', reader);
    case 'ecdsa-sha2-nistp521':
      return readEcdsa('nistp521', reader);
    case 'ecdsa-sha2-nistp256':
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return readEcdsa('nistp256', reader);
    default:
      return type satisfies never;
  }
}

function readRsa(reader: SshReader): VerifyKey | string {
  const exponent = reader.positive(8);
  const modulus = reader.positive(MAX_RSA_BYTES);
  if (exponent === undefined || modulus === undefined)
    return 'the numbers of the RSA key are damaged or too large';
  const [first = 0] = modulus;
  const bits = (modulus.length - 1) * 8 + (32 - Math.clz32(first));
  if (bits < MIN_RSA_BITS) return `the RSA key has ${bits} bits: at least ${MIN_RSA_BITS} are needed`;
  if (bits > MAX_RSA_BITS)
    return `the RSA key has ${bits} bits: its signature does not fit into a knock, so at most ${MAX_RSA_BITS} are possible`;
  const last = exponent.at(-1) ?? 0;
  const isOdd = (last & 1) === 1;
  if (!isOdd || (exponent.length === 1 && last < 3)) return 'the exponent of the RSA key is invalid';
  return { kind: 'rsa', modulus, exponent };
}

function readEcdsa(curve: EcdsaCurve, reader: SshReader): VerifyKey | string {
  if (reader.ascii() !== curve) return `the key is not on the curve ${curve}`;
  const point = reader.string();
  const length = 1 + 2 * POINT_BYTES[curve];
  const isWhole = point?.length === length && point[0] === 4;
  if (!isWhole) return `the point of the key is not an uncompressed one of ${curve}`;
  return isOnCurve(curve, point)
    ? { kind: 'ecdsa', curve, point }
    : `the key is damaged: its point is not on the curve ${curve}`;
}

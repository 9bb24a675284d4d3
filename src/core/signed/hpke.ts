import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';

// RFC 9180 in base mode, with DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256 0x0001 and ChaCha20-Poly1305 0x0003.

const VERSION = asciiBytes('HPKE-v1');
const KEM_SUITE = concatBytes(asciiBytes('KEM'), Uint8Array.of(0x00, 0x20));
const SUITE = concatBytes(asciiBytes('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x03));
const EMPTY = new Uint8Array(0);
const HASH_BYTES = 32;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** Keys for one message in each direction. */
export type HpkeContext = {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** For `exportKey`. */
  readonly exporter: Uint8Array;
};

/** Derives the same keys on both sides: `shared` is X25519 of one's own secret and the other's point. */
export function deriveContext(
  ciphers: Ciphers,
  shared: Uint8Array,
  enc: Uint8Array,
  receiver: Uint8Array,
  info: string,
): HpkeContext {
  const prk = extract(ciphers, KEM_SUITE, EMPTY, 'eae_prk', shared);
  const secret = expand(ciphers, KEM_SUITE, prk, 'shared_secret', concatBytes(enc, receiver), HASH_BYTES);
  const pskId = extract(ciphers, SUITE, EMPTY, 'psk_id_hash', EMPTY);
  const infoHash = extract(ciphers, SUITE, EMPTY, 'info_hash', asciiBytes(info));
  const context = concatBytes(Uint8Array.of(0), pskId, infoHash);
  const schedule = extract(ciphers, SUITE, secret, 'secret', EMPTY);
  return {
    key: expand(ciphers, SUITE, schedule, 'key', context, KEY_BYTES),
    nonce: expand(ciphers, SUITE, schedule, 'base_nonce', context, NONCE_BYTES),
    exporter: expand(ciphers, SUITE, schedule, 'exp', context, HASH_BYTES),
  };
}

/** Another 32-byte key shared by both sides. */
export function exportKey(ciphers: Ciphers, { exporter }: HpkeContext, purpose: string): Uint8Array {
  return expand(ciphers, SUITE, exporter, 'sec', asciiBytes(purpose), KEY_BYTES);
}

/** LabeledExtract (section 4). */
function extract(
  ciphers: Ciphers,
  suite: Uint8Array,
  salt: Uint8Array,
  label: string,
  input: Uint8Array,
): Uint8Array {
  return ciphers.hmacSha256(salt, concatBytes(VERSION, suite, asciiBytes(label), input));
}

/** LabeledExpand (section 4), up to the length of a hash: HKDF's first block is enough (RFC 5869, section 2.3). */
function expand(
  ciphers: Ciphers,
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const size = Uint8Array.of(0, length);
  const labelled = concatBytes(size, VERSION, suite, asciiBytes(label), info, Uint8Array.of(1));
  return ciphers.hmacSha256(prk, labelled).subarray(0, length);
}

import { asciiBytes, concatBytes } from '../../../core/bytes/concat-bytes.ts';
import type { Door } from '../../../core/door/door.ts';
import { renderSequence } from '../../../core/door/sequence.ts';
import { nodeCiphers } from '../../../host/crypto/node-ciphers.ts';

const PURPOSE = 'bussa fleet knocks 1\0';
const BYTES = 8;

/**
 * Tells whether two hosts mean the same knocks without revealing them: 16 hexadecimal digits of a hash keyed with the
 * fleet's secret.
 */
export function knocksFingerprint(secret: Uint8Array, { sequence, flags, target, seqTimeout }: Door): string {
  const text = [renderSequence(sequence), flags.mask, flags.value, target ?? '', seqTimeout].join(' ');
  const hash = nodeCiphers.hmacSha256(secret, concatBytes(asciiBytes(PURPOSE), asciiBytes(text)));
  return [...hash.subarray(0, BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

import type { Ciphers } from '../cipher/ciphers.ts';
import { deriveContext, type HpkeContext } from './hpke.ts';
import { type KnockBody, readBody } from './knock-body.ts';
import { HPKE_INFO, KNOCK, KNOCK_LENGTHS } from './knock-layout.ts';
import { hasTag, hasWord, type ServerMarks } from './server-word.ts';

/** The server's X25519 key. */
export type ServerKey = {
  readonly secret: Uint8Array;
  readonly point: Uint8Array;
  readonly marks: ServerMarks;
};

/** Why a packet is noise. Noise costs almost nothing and is not reported. */
export type NoiseReason = 'length' | 'tag' | 'word';

/** Why a packet with this server's tag cannot be decrypted. */
export type SealReason = 'point' | 'seal' | 'malformed';

export type OpenedKnock =
  | {
      readonly kind: 'knock';
      readonly body: KnockBody;
      readonly point: Uint8Array;
      readonly context: HpkeContext;
    }
  | { readonly kind: 'refused'; readonly reason: SealReason };

/** The cheap checks of `bytes[start..end)`, cheapest first, without allocating. `undefined`: it may be a knock. */
export function noiseReason(
  { marks }: ServerKey,
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): NoiseReason | undefined {
  if (!isKnockLength(end - start)) return 'length';
  if (!hasTag(marks, bytes, start)) return 'tag';
  // The kernel's filter has already checked it, except for packets from a file.
  return hasWord(marks, bytes, start) ? undefined : 'word';
}

function isKnockLength(length: number): boolean {
  for (const one of KNOCK_LENGTHS) if (one === length) return true;
  return false;
}

/** Decrypts a payload that is not noise: about 70 µs. */
export function openKnock(ciphers: Ciphers, key: ServerKey, payload: Uint8Array): OpenedKnock {
  const point = payload.subarray(KNOCK.ephemeral, KNOCK.sealed);
  const shared = ciphers.x25519(key.secret, point);
  if (shared === undefined || shared.every((byte) => byte === 0)) return { kind: 'refused', reason: 'point' };
  const context = deriveContext(ciphers, shared, point, key.point, HPKE_INFO);
  const associated = payload.subarray(0, KNOCK.ephemeral);
  const plain = ciphers.open(context.key, context.nonce, associated, payload.subarray(KNOCK.sealed));
  if (plain === undefined) return { kind: 'refused', reason: 'seal' };
  const body = readBody(plain);
  return body === undefined
    ? { kind: 'refused', reason: 'malformed' }
    : { kind: 'knock', body, point, context };
}

import { concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { type Address, addressWords, familyOf, renderAddress, unmapped } from '../net/address.ts';
import { type Instant, instant, type Millis, seconds } from '../net/time.ts';
import { CHALLENGE_BYTES, SEAL_BYTES } from './knock-layout.ts';

/**
 * The server's reply to a signed knock with a valid signature. `open`: the door is open · `refused`: the key may not
 * open it · `clock`: the time is too far off · `source`: the knock is bound to another source · `busy`: try again.
 */
export type KnockReply = {
  readonly status: ReplyStatus;
  /** How long the door stays open. */
  readonly left: Millis;
  /** The server's wall clock. */
  readonly time: Instant;
  /** The packet's source as the server saw it. */
  readonly seen: Address;
  /** To be signed instead of a time. */
  readonly challenge: Uint8Array;
};

export const REPLY_STATUSES = ['open', 'refused', 'clock', 'source', 'busy'] as const;

export type ReplyStatus = (typeof REPLY_STATUSES)[number];

/** Another packet with the same key would not change the reply. */
export const isRefusal = (status: ReplyStatus): boolean => status !== 'open' && status !== 'busy';

const BODY = { status: 0, seconds: 1, time: 5, seen: 13, challenge: 29, zeros: 45 } as const;
const BODY_BYTES = 80;
export const REPLY_NONCE_BYTES = 12;

/** Shorter than any knock, so that the server cannot be used for amplification. */
export const REPLY_BYTES = REPLY_NONCE_BYTES + BODY_BYTES + SEAL_BYTES;

const NO_BYTES = new Uint8Array(0);
const MAPPED = 0xffff;
const TWO_32 = 2 ** 32;

/** `nonce`: 12 random bytes, different for each reply, because two replies may have the same key. */
export function sealReply(
  ciphers: Ciphers,
  replyKey: Uint8Array,
  nonce: Uint8Array,
  reply: KnockReply,
): Uint8Array {
  const body = new Uint8Array(BODY_BYTES);
  const view = new DataView(body.buffer);
  body[BODY.status] = REPLY_STATUSES.indexOf(reply.status);
  view.setUint32(BODY.seconds, Math.min(Math.ceil(reply.left / 1000), TWO_32 - 1));
  view.setUint32(BODY.time, Math.floor(reply.time / TWO_32));
  view.setUint32(BODY.time + 4, reply.time % TWO_32);
  writeAddress(view, reply.seen);
  body.set(reply.challenge, BODY.challenge);
  return concatBytes(nonce, ciphers.seal(replyKey, nonce, NO_BYTES, body));
}

/** `undefined`: not a reply under this key. */
export function openReply(
  ciphers: Ciphers,
  replyKey: Uint8Array,
  payload: Uint8Array,
): KnockReply | undefined {
  if (payload.length !== REPLY_BYTES) return undefined;
  const nonce = payload.subarray(0, REPLY_NONCE_BYTES);
  const body = ciphers.open(replyKey, nonce, NO_BYTES, payload.subarray(REPLY_NONCE_BYTES));
  const status = REPLY_STATUSES[body?.[BODY.status] ?? REPLY_STATUSES.length];
  if (body === undefined || status === undefined) return undefined;
  if (body.subarray(BODY.zeros).some((byte) => byte !== 0)) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const time = view.getUint32(BODY.time) * TWO_32 + view.getUint32(BODY.time + 4);
  if (time > Number.MAX_SAFE_INTEGER) return undefined;
  return {
    status,
    left: seconds(view.getUint32(BODY.seconds)),
    time: instant(time),
    seen: readAddress(view),
    challenge: body.subarray(BODY.challenge, BODY.challenge + CHALLENGE_BYTES),
  };
}

/** 16 bytes; an IPv4 address in IPv6-mapped form (RFC 4291, section 2.5.5.2). */
function writeAddress(view: DataView, address: Address): void {
  const seen = unmapped(address);
  for (const [i, word] of addressWords(seen).entries()) view.setUint32(BODY.seen + i * 4, word);
  if (familyOf(seen) === 4) view.setUint32(BODY.seen + 8, MAPPED);
}

function readAddress(view: DataView): Address {
  const word = (i: number): number => view.getUint32(BODY.seen + i * 4);
  return unmapped(renderAddress(6, word(0), word(1), word(2), word(3)));
}

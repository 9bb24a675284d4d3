import { concatBytes } from '../bytes/concat-bytes.ts';
import { type Address, addressWords, familyOf, renderAddress, unmapped } from '../net/address.ts';
import { type Instant, instant, type Millis, seconds } from '../net/time.ts';
import { sshString } from '../ssh/ssh-writer.ts';
import { BODY, CHALLENGE_BYTES, KEY_ID_BYTES, MAX_DOOR_BYTES, NONCE_BYTES } from './knock-layout.ts';

/** The request in a signed knock. */
export type KnockRequest = {
  readonly kind: 'open' | 'close';
  readonly wantsReply: boolean;
  /** The only source for which it is valid; absent if the sender does not know it. */
  readonly source?: Address;
  /** By the sender's wall clock; 0 with a challenge. */
  readonly time: Instant;
  readonly nonce: Uint8Array;
  /** The first bytes of the SHA-256 of the signing key's blob. */
  readonly keyId: Uint8Array;
  /** How long the door shall stay open; 0: the door's own time. */
  readonly length: Millis;
  /** Empty: the only door that the user may open. */
  readonly door: string;
  /** The server's challenge. */
  readonly challenge?: Uint8Array;
};

export type KnockBody = KnockRequest & {
  /** Everything before the signature: the signed part. */
  readonly head: Uint8Array;
  readonly signature: Uint8Array;
};

const KINDS = ['open', 'close'] as const;
const WANTS_REPLY = 1;
const MAPPED = 0xffff;
const TWO_32 = 2 ** 32;

/** The body up to the signature. Throws a `RangeError` if the door's name is too long. */
export function renderHead(request: KnockRequest): Uint8Array {
  const { kind, wantsReply, source, time, nonce, keyId, length, door, challenge } = request;
  const name = encodeName(door);
  const head = new Uint8Array(BODY.door);
  const view = new DataView(head.buffer);
  head[BODY.version] = 1;
  head[BODY.kind] = KINDS.indexOf(kind) + 1;
  head[BODY.flags] = wantsReply ? WANTS_REPLY : 0;
  if (source !== undefined) writeSource(view, source);
  view.setUint32(BODY.time, Math.floor(time / TWO_32));
  view.setUint32(BODY.time + 4, time % TWO_32);
  head.set(nonce, BODY.nonce);
  head.set(keyId, BODY.keyId);
  view.setUint32(BODY.seconds, Math.ceil(length / 1000));
  const asked = challenge ?? new Uint8Array(0);
  const byte = (value: number): Uint8Array => Uint8Array.of(value);
  return concatBytes(head, byte(name.length), name, byte(asked.length), asked);
}

/** The whole body, with zeros after the signature. `undefined`: the signature does not fit. */
export function renderBody(head: Uint8Array, signature: Uint8Array, length: number): Uint8Array | undefined {
  const used = concatBytes(head, sshString(signature).subarray(2));
  return used.length > length ? undefined : concatBytes(used, new Uint8Array(length - used.length));
}

/** `undefined` if it is not a body. Never throws. */
export function readBody(body: Uint8Array): KnockBody | undefined {
  const kind = KINDS[(body[BODY.kind] as number) - 1];
  const flags = body[BODY.flags] as number;
  if (body[BODY.version] !== 1 || kind === undefined || (flags & ~WANTS_REPLY) !== 0) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const source = readSource(view);
  const tail = readTail(body, view);
  const time = view.getUint32(BODY.time) * TWO_32 + view.getUint32(BODY.time + 4);
  if (source === undefined || tail === undefined || time > Number.MAX_SAFE_INTEGER) return undefined;
  return {
    kind,
    wantsReply: (flags & WANTS_REPLY) !== 0,
    ...(source === 'any' ? {} : { source }),
    time: instant(time),
    nonce: body.subarray(BODY.nonce, BODY.nonce + NONCE_BYTES),
    keyId: body.subarray(BODY.keyId, BODY.keyId + KEY_ID_BYTES),
    length: seconds(view.getUint32(BODY.seconds)),
    ...tail,
  };
}

type Tail = Pick<KnockBody, 'door' | 'challenge' | 'head' | 'signature'>;

/** The parts of variable length. Only zeros may follow them. */
function readTail(body: Uint8Array, view: DataView): Tail | undefined {
  const nameEnd = BODY.door + 1 + (body[BODY.door] as number);
  if (nameEnd - BODY.door - 1 > MAX_DOOR_BYTES || nameEnd >= body.length) return undefined;
  const door = decodeName(body.subarray(BODY.door + 1, nameEnd));
  const challengeBytes = body[nameEnd] as number;
  const headEnd = nameEnd + 1 + challengeBytes;
  if (challengeBytes !== 0 && challengeBytes !== CHALLENGE_BYTES) return undefined;
  if (door === undefined || headEnd + 2 > body.length) return undefined;
  const end = headEnd + 2 + view.getUint16(headEnd);
  if (end > body.length || body.subarray(end).some((byte) => byte !== 0)) return undefined;
  return {
    door,
    head: body.subarray(0, headEnd),
    signature: body.subarray(headEnd + 2, end),
    ...(challengeBytes === 0 ? {} : { challenge: body.subarray(nameEnd + 1, headEnd) }),
  };
}

function writeSource(view: DataView, address: Address): void {
  const source = unmapped(address);
  const family = familyOf(source);
  view.setUint8(BODY.family, family);
  for (const [i, word] of addressWords(source).entries()) view.setUint32(BODY.source + i * 4, word);
  if (family === 4) view.setUint32(BODY.source + 8, MAPPED);
}

function readSource(view: DataView): Address | 'any' | undefined {
  const word = (i: number): number => view.getUint32(BODY.source + i * 4);
  const family = view.getUint8(BODY.family);
  const isMapped = word(0) === 0 && word(1) === 0 && word(2) === MAPPED;
  switch (family) {
    case 0:
      return [0, 1, 2, 3].every((i) => word(i) === 0) ? 'any' : undefined;
    case 4:
      return isMapped ? renderAddress(4, 0, 0, 0, word(3)) : undefined;
    case 6:
      // An IPv4 address must be written as IPv4.
      return isMapped ? undefined : renderAddress(6, word(0), word(1), word(2), word(3));
    default:
      return undefined;
  }
}

/** As UTF-8 (RFC 3629). */
function encodeName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > MAX_DOOR_BYTES)
    throw new RangeError(`a door's name has at most ${MAX_DOOR_BYTES} bytes`);
  return bytes;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

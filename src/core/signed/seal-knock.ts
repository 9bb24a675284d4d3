import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { sshsigText } from '../ssh/ssh-signature.ts';
import { deriveContext, exportKey } from './hpke.ts';
import { renderBody } from './knock-body.ts';
import {
  bodyLength,
  HPKE_INFO,
  KEY_ID_BYTES,
  KNOCK,
  KNOCK_LENGTHS,
  NAMESPACE,
  REPLY_PURPOSE,
  SIGNED_PREFIX,
} from './knock-layout.ts';
import { serverMarks, tagOf, wordOf } from './server-word.ts';

/** The sender's key for one packet. */
export type Ephemeral = {
  readonly secret: Uint8Array;
  /** The public key as sent: its top bit, which X25519 ignores, is random. */
  readonly point: Uint8Array;
};

export type SealedKnock = {
  readonly packet: Uint8Array;
  /** The key of the server's reply. */
  readonly replyKey: Uint8Array;
};

/** The first bytes of the SHA-256 of a public key's blob, by which a knock names its key. */
export function keyIdOf(ciphers: Ciphers, blob: Uint8Array): Uint8Array {
  return ciphers.sha256(blob).subarray(0, KEY_ID_BYTES);
}

/** `secret`: 32 random bytes. `topBit`: a random bit. */
export function ephemeralOf(ciphers: Ciphers, secret: Uint8Array, topBit: boolean): Ephemeral {
  const point = Uint8Array.from(ciphers.x25519Public(secret));
  if (topBit) point[31] = (point[31] as number) | 0x80;
  return { secret, point };
}

/** Includes the server's key, so that no other server can pass the knock on. */
export function knockMessage(serverPublic: Uint8Array, point: Uint8Array, head: Uint8Array): Uint8Array {
  return concatBytes(asciiBytes(SIGNED_PREFIX), serverPublic, point, head);
}

/** What the SSH key signs instead of the message itself. */
export function signedText(
  ciphers: Ciphers,
  serverPublic: Uint8Array,
  point: Uint8Array,
  head: Uint8Array,
): Uint8Array {
  return sshsigText(NAMESPACE, ciphers.sha512(knockMessage(serverPublic, point, head)));
}

/** The packet to send, in the shortest length that fits the signature. `undefined`: none does. */
export function sealKnock(
  ciphers: Ciphers,
  serverPublic: Uint8Array,
  ephemeral: Ephemeral,
  head: Uint8Array,
  signature: Uint8Array,
): SealedKnock | undefined {
  const shared = ciphers.x25519(ephemeral.secret, serverPublic);
  const length = KNOCK_LENGTHS.find((one) => renderBody(head, signature, bodyLength(one)) !== undefined);
  if (shared === undefined || length === undefined) return undefined;
  const body = renderBody(head, signature, bodyLength(length)) as Uint8Array;
  const packet = new Uint8Array(length);
  packet.set(ephemeral.point, KNOCK.ephemeral);
  mark(ciphers, serverPublic, packet);
  const context = deriveContext(ciphers, shared, ephemeral.point, serverPublic, HPKE_INFO);
  const associated = packet.subarray(0, KNOCK.ephemeral);
  packet.set(ciphers.seal(context.key, context.nonce, associated, body), KNOCK.sealed);
  return { packet, replyKey: exportKey(ciphers, context, REPLY_PURPOSE) };
}

function mark(ciphers: Ciphers, serverPublic: Uint8Array, packet: Uint8Array): void {
  const marks = serverMarks(ciphers, serverPublic);
  const tag = new Int32Array(2);
  tagOf(marks, packet, tag);
  const view = new DataView(packet.buffer);
  view.setUint32(KNOCK.word, wordOf(marks, packet));
  view.setInt32(KNOCK.tag, tag[0] as number, true);
  view.setInt32(KNOCK.tag + 4, tag[1] as number, true);
}

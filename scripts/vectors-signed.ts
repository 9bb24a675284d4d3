import { type Address, parseAddress, unmapped } from '../src/core/net/address.ts';
import { instant, seconds } from '../src/core/net/time.ts';
import { exportKey } from '../src/core/signed/hpke.ts';
import { CLOCK_WINDOW_MS, judgeKnock } from '../src/core/signed/judge-knock.ts';
import { renderHead } from '../src/core/signed/knock-body.ts';
import { KNOCK, REPLY_PURPOSE } from '../src/core/signed/knock-layout.ts';
import type { ServerKey } from '../src/core/signed/open-knock.ts';
import { noiseReason, openKnock } from '../src/core/signed/open-knock.ts';
import { keyIdOf, sealKnock } from '../src/core/signed/seal-knock.ts';
import { serverMarks } from '../src/core/signed/server-word.ts';
import { readPublicKey } from '../src/core/ssh/public-key.ts';
import { SshReader } from '../src/core/ssh/ssh-reader.ts';
import { nodeCiphers as ciphers } from '../src/host/crypto/node-ciphers.ts';
import {
  base64,
  compare,
  type Fields,
  hex,
  isFields,
  judgeEach,
  listOf,
  number,
  text,
  type Verdict,
} from './vector-fields.ts';

const X25519_BYTES = 32;

/** The file's vectors of signed knocks. `undefined`: it has none. */
export function judgeSignedKnocks(file: unknown): readonly Verdict[] | undefined {
  if (!isFields(file) || !('serverPrivateHex' in file)) return undefined;
  const secret = hex(file, 'serverPrivateHex');
  if (secret.length !== X25519_BYTES) throw new Error(`serverPrivateHex is not ${X25519_BYTES} bytes`);
  const point = ciphers.x25519Public(secret);
  const key = { secret, point, marks: serverMarks(ciphers, point) };
  const ofKey =
    'serverPublicHex' in file ? compare('its public key', point, hex(file, 'serverPublicHex')) : [];
  const ofServer: Verdict = { name: 'the server', found: [...ofKey, ...judgeMarks(key, file.tag)] };
  const ofVectors = judgeEach('vector', listOf(file, 'vectors'), (vector) => judgeVector(key, vector));
  return ofServer.found.length === 0 ? ofVectors : [ofServer, ...ofVectors];
}

function judgeMarks({ marks }: ServerKey, tag: unknown): string[] {
  if (!isFields(tag)) return [];
  const words = new Uint32Array(marks.tagKey);
  const key = compare('the key of its tag', new Uint8Array(words.buffer), hex(tag, 'sipHashKeyHexLE'));
  const wrong = (['m1', 'm2', 'c'] as const).filter((name) => marks[name] !== number(tag, name));
  return [...key, ...wrong.map((name) => `${name} is ${marks[name]}, not ${number(tag, name)}`)];
}

function judgeVector(key: ServerKey, vector: Fields): Verdict {
  const name = text(vector, 'name');
  const outcome = outcomeOf(key, vector);
  const expected = text(vector, 'expect');
  const found = outcome === expected ? [] : [`it is: ${outcome}, not: ${expected}`];
  const parts = outcome === 'opens' || 'order' in vector ? judgeParts(key, vector) : [];
  return { name, found: [...found, ...parts, ...judgeSending(key, vector)] };
}

/** What the vector says of the packet's parts, each where it is given. */
function judgeParts(key: ServerKey, vector: Fields): string[] {
  const packet = hex(vector, 'packetHex');
  const opened = noiseReason(key, packet) === undefined ? openKnock(ciphers, key, packet) : undefined;
  const knock = opened?.kind === 'knock' ? opened : undefined;
  const replyKey = knock === undefined ? undefined : exportKey(ciphers, knock.context, REPLY_PURPOSE);
  const algorithm = new SshReader(knock?.body.signature ?? new Uint8Array()).ascii();
  const given = (name: string, judge: () => string[]): string[] => (name in vector ? judge() : []);
  return [
    ...given('algorithm', () => (vector.algorithm === algorithm ? [] : [`its algorithm is ${algorithm}`])),
    ...given('headHex', () => compare('the head in it', knock?.body.head, hex(vector, 'headHex'))),
    ...given('signatureBlobB64', () =>
      compare('the signature in it', knock?.body.signature, base64(vector, 'signatureBlobB64')),
    ),
    ...given('exporterHex', () =>
      compare('the exporter', knock?.context.exporter, hex(vector, 'exporterHex')),
    ),
    ...given('replyKeyHex', () =>
      compare('the key of the reply at the server', replyKey, hex(vector, 'replyKeyHex')),
    ),
  ];
}

function address(fields: Fields, name: string): Address {
  const parsed = parseAddress(text(fields, name));
  if (parsed === undefined) throw new Error(`${name} is no address`);
  return unmapped(parsed);
}

/** `opens`, or why not. */
function outcomeOf(key: ServerKey, vector: Fields): string {
  const payload = hex(vector, 'packetHex');
  const noise = noiseReason(key, payload);
  if (noise !== undefined) return noise;
  const opened = openKnock(ciphers, key, payload);
  if (opened.kind === 'refused') return opened.reason;
  const reading = readPublicKey(base64(vector, 'publicKeyBlobB64'));
  if (reading.kind === 'refused') return `its key: ${reading.reason}`;
  const id = keyIdOf(ciphers, reading.key.blob).toHex();
  const judgement = judgeKnock(ciphers, opened.body, opened.point, {
    serverPublic: key.point,
    from: address(vector, 'from'),
    now: instant(number(vector, 'nowMs')),
    window: CLOCK_WINDOW_MS,
    keyOf: (keyId) => (keyId.toHex() === id ? { key: reading.key, comment: '' } : undefined),
    isChallenge: () => false,
  });
  return judgement.kind === 'good' ? 'opens' : judgement.reason;
}

/** Makes the same packet out of the order, where the sender's secret is given. */
function judgeSending(key: ServerKey, vector: Fields): string[] {
  const { order } = vector;
  if (!isFields(order) || !('ephemeralPrivateHex' in vector)) return [];
  const packet = hex(vector, 'packetHex');
  const source = typeof order.source === 'string' ? { source: address(order, 'source') } : {};
  const head = renderHead({
    kind: 'open',
    wantsReply: order.reply === true,
    ...source,
    time: instant(number(order, 'timeMs')),
    nonce: hex(order, 'nonceHex'),
    keyId: keyIdOf(ciphers, base64(vector, 'publicKeyBlobB64')),
    length: seconds(number(order, 'seconds')),
    door: text(order, 'door'),
  });
  const ephemeral = {
    secret: hex(vector, 'ephemeralPrivateHex'),
    point: packet.subarray(KNOCK.ephemeral, KNOCK.sealed),
  };
  const sealed = sealKnock(ciphers, key.point, ephemeral, head, base64(vector, 'signatureBlobB64'));
  return [
    ...compare('the head', head, hex(vector, 'headHex')),
    ...compare('the packet', sealed?.packet, packet),
    ...compare('the key of the reply', sealed?.replyKey, hex(vector, 'replyKeyHex')),
  ];
}

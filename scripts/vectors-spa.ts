import type { HashName } from '../src/core/cipher/ciphers.ts';
import type { SpaCredential, SpaMode } from '../src/core/spa/spa-credential.ts';
import { digestName, readSpaMessage, renderSpaMessage } from '../src/core/spa/spa-message.ts';
import { openSpa, sealSpa } from '../src/core/spa/spa-packet.ts';
import { nodeCiphers as ciphers } from '../src/host/crypto/node-ciphers.ts';
import {
  base64,
  compare,
  type Fields,
  hex,
  isFields,
  judgeEach,
  listOf,
  text,
  type Verdict,
} from './vector-fields.ts';

/** Of all vectors of transports (their note says so). */
const TRANSPORT_KEYS: SpaCredential = {
  mode: 'cbc',
  key: new Uint8Array(32),
  hmac: { name: 'sha256', key: new Uint8Array(64).fill(0x61) },
};

/** The file's vectors of fwknop's packets. `undefined`: it has none. */
export function judgeSpa(file: unknown): readonly Verdict[] | undefined {
  const vectors = listOf(file, 'vectors');
  if (!vectors.some((vector) => isFields(vector) && 'packet' in vector && 'mode' in vector)) return undefined;
  return [
    ...judgeEach('vector', vectors, judgeVector),
    ...judgeEach('transport', listOf(file, 'transports'), judgeTransport),
  ];
}

function judgeVector(vector: Fields): Verdict {
  const name = text(vector, 'name');
  const credential = credentialOf(vector);
  const packet = text(vector, 'packet');
  const opened = openSpa(ciphers, credential, packet);
  if (opened.kind === 'refused') {
    const isExpected = vector.hmacOk === false && opened.reason === 'hmac';
    return { name, found: isExpected ? [] : [`it is refused: ${opened.reason}`] };
  }
  const found = compare('its salt', opened.salt, hex(vector, 'saltHex'));
  if (vector.hmacOk === false) found.push('its HMAC was taken');
  if (opened.text !== vector.plaintext) found.push(`its text is ${opened.text}`);
  const again = sealSpa(ciphers, credential, opened.text, opened.salt);
  if (again !== packet) found.push(`sealed again it is ${again}`);
  return { name, found: [...found, ...judgeMessage(vector, opened.text)] };
}

function judgeMessage(vector: Fields, plain: string): string[] {
  const end = plain.lastIndexOf(':');
  const digest = digestName(ciphers, plain.slice(0, end), plain.slice(end + 1));
  const message = readSpaMessage(ciphers, plain);
  if (vector.digestOk === false) return message === undefined ? [] : ['its digest was taken'];
  if (message === undefined || digest === undefined) return ['its text cannot be read'];
  const found: string[] = [];
  if (digest !== vector.digest) found.push(`its digest is ${digest}`);
  const again = renderSpaMessage(ciphers, digest, message);
  if (again !== plain) found.push(`written again its text is ${again}`);
  const parts = plain.slice(0, end).split(':');
  if (vector.fields !== undefined && `${vector.fields}` !== `${parts}`) found.push(`its fields are ${parts}`);
  const { decoded } = vector;
  if (isFields(decoded)) {
    const is = {
      user: message.user,
      timestamp: message.time / 1000,
      type: message.type,
      message: message.message,
      nat: message.nat ?? null,
      timeout: message.timeout === undefined ? null : message.timeout / 1000,
    };
    for (const [field, value] of Object.entries(is))
      if (decoded[field] !== value) found.push(`its ${field} is ${value}`);
  }
  return found;
}

function judgeTransport(transport: Fields, index: number): Verdict {
  const name = `transport ${index + 1}, ${text(transport, 'transport')}`;
  const payload = text(transport, 'payloadText');
  const opened = openSpa(ciphers, TRANSPORT_KEYS, payload);
  const decodes = opened.kind === 'opened' && readSpaMessage(ciphers, opened.text) !== undefined;
  const isInPacket = Buffer.from(hex(transport, 'ipPacketHex')).includes(payload);
  const found = decodes === transport.decodes ? [] : [`it ${decodes ? 'can' : 'cannot'} be read`];
  return { name, found: isInPacket ? found : [...found, 'its payload is not in its packet'] };
}

function credentialOf(vector: Fields): SpaCredential {
  const bytes = (name: string): Uint8Array | undefined => {
    if (typeof vector[`${name}B64`] === 'string') return base64(vector, `${name}B64`);
    const utf8 = vector[`${name}Utf8`];
    return typeof utf8 === 'string' ? Buffer.from(utf8) : undefined;
  };
  const hmacKey = bytes('hmacKey');
  const hmac = vector.hmac === null || hmacKey === undefined ? undefined : vector.hmac;
  return {
    mode: text(vector, 'mode') as SpaMode,
    key: bytes('key') ?? new Uint8Array(0),
    ...(hmac === undefined || hmacKey === undefined
      ? {}
      : { hmac: { name: hmac as HashName, key: hmacKey } }),
  };
}

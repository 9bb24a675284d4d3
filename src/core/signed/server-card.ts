import { parseBase64Url, renderBase64Url } from '../bytes/base64.ts';
import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { type Port, parsePort } from '../net/port.ts';

/**
 * What a client must know about a server: its public key, and the port for signed knocks. It is not secret, but whoever
 * has it can send packets that cost the server more than noise.
 */
export type ServerCard = { readonly port: Port; readonly key: Uint8Array };

export const CARD_PREFIX = 'bussa1-';
const VERSION = 1;
const KEY_BYTES = 32;
const SUM_BYTES = 4;
const BYTES = 1 + 2 + KEY_BYTES + SUM_BYTES;
const PURPOSE = asciiBytes('bussa card 1');

/** `bussa1-` and 52 characters that need no quoting: version, port, key, and a checksum against typing errors. */
export function renderCard(ciphers: Ciphers, { port, key }: ServerCard): string {
  const content = concatBytes(Uint8Array.of(VERSION, port >> 8, port & 0xff), key);
  const bytes = concatBytes(content, sumOf(ciphers, content));
  return CARD_PREFIX + renderBase64Url(bytes);
}

/** `undefined`: not a card, or copied wrongly. */
export function parseCard(ciphers: Ciphers, text: string): ServerCard | undefined {
  const bytes = text.startsWith(CARD_PREFIX) ? parseBase64Url(text.slice(CARD_PREFIX.length)) : undefined;
  if (bytes?.length !== BYTES) return undefined;
  const content = bytes.subarray(0, BYTES - SUM_BYTES);
  const port = parsePort(`${(content[1] as number) * 256 + (content[2] as number)}`);
  const isWhole = ciphers.isSame(sumOf(ciphers, content), bytes.subarray(BYTES - SUM_BYTES));
  if (content[0] !== VERSION || port === undefined || !isWhole) return undefined;
  return { port, key: content.subarray(3) };
}

function sumOf(ciphers: Ciphers, content: Uint8Array): Uint8Array {
  return ciphers.sha256(concatBytes(PURPOSE, content)).subarray(0, SUM_BYTES);
}

import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { type Address, parseAddress } from '../../core/net/address.ts';
import type { Millis } from '../../core/net/time.ts';

/** BOUNDED: bytes read of an answer. */
const MAX_BYTES = 4096;

export type OutsideAddress =
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'failed'; readonly reason: string };

/** The IPv4 address that a web server sees: the first one in its answer. */
export function outsideAddress(url: string, patience: Millis): Promise<OutsideAddress> {
  const get = /^https:/i.test(url) ? getHttps : getHttp;
  return new Promise((resolve) => {
    const fail = (why: string): void =>
      resolve({ kind: 'failed', reason: `${url} does not tell this host’s address: ${why}` });
    const signal = AbortSignal.timeout(Math.max(1, patience));
    const request = get(url, { family: 4, signal, headers: { accept: 'text/plain' } }, (response) => {
      void readAddress(response).then(
        (address) =>
          address === undefined ? fail(whatCame(response)) : resolve({ kind: 'address', address }),
        (error: Error) => fail(error.message),
      );
    });
    request.on('error', (error) => fail(signal.aborted ? 'no answer in time' : error.message));
  });
}

const whatCame = ({ statusCode }: IncomingMessage): string =>
  `there is no IPv4 address in its answer (status ${statusCode})`;

async function readAddress(response: IncomingMessage): Promise<Address | undefined> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_BYTES) break;
  }
  response.destroy();
  if (response.statusCode !== 200) return undefined;
  const words = text.slice(0, MAX_BYTES).match(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g) ?? [];
  return words.map(parseAddress).find((address) => address !== undefined);
}

import { parseAddress } from '../net/address.ts';
import { MAX_PORT, parsePort } from '../net/port.ts';
import { parseProtocol } from '../net/protocol.ts';
import { type Millis, seconds } from '../net/time.ts';
import { isSpaUser, SPA_USER_FORM } from '../spa/spa-user.ts';
import type { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import type { Word } from '../text/word.ts';
import type { HostSettings } from './hosts-file.ts';
import type { SpaPort } from './spa-access.ts';

/** BOUNDED: an fwknop packet has 1,500 characters. */
const MAX_PORTS = 64;

/** The limit of fwknop's FW_TIMEOUT. */
export const MAX_SPA_TIMEOUT_SECONDS = 65_536;

/** Two days: larger clock errors get noticed and fixed. */
const MAX_OFFSET_SECONDS = 86_400 * 2;

/** `tcp/22 udp/53`. */
export function parseSpaPorts(
  words: readonly [Word, ...Word[]],
  findings: Findings,
): HostSettings | undefined {
  const excess = words[MAX_PORTS];
  if (excess !== undefined) {
    findings.error(excess, `an SPA packet asks for ${MAX_PORTS} ports at most`);
    return undefined;
  }
  const ports = words.map((word) => parseSpaPort(word, findings)).filter((port) => port !== undefined);
  const [first, ...rest] = ports;
  return first === undefined || ports.length < words.length ? undefined : { spa: [first, ...rest] };
}

export function parseSpaPort(word: Word, findings: Findings): SpaPort | undefined {
  const [, name = '', number = ''] = /^([^/]*)\/(.*)$/.exec(word.text) ?? [];
  const protocol = parseProtocol(name.toLowerCase());
  const port = parsePort(number);
  if (protocol !== undefined && port !== undefined) return { protocol, port };
  const form = `write tcp/22 or udp/53, with a port from 1 to ${MAX_PORT}`;
  const remedy = word.text.includes(',') ? `${form}, and blanks between several` : form;
  findings.error(word, `${quoteText(word.text)} is not a port to ask for: ${remedy}`);
  return undefined;
}

/** `source` is fwknop's own word for it. */
export function parseSpaAddress(word: Word, findings: Findings): HostSettings['spaAddress'] {
  const lower = word.text.toLowerCase();
  if (lower === 'packet' || lower === 'source') return { kind: 'packet' };
  if (lower === 'resolve') return { kind: 'resolve' };
  const address = parseAddress(word.text);
  if (address !== undefined) return { kind: 'address', address };
  findings.error(
    word,
    `${quoteText(word.text)} is no address to ask for: write packet, resolve, or an address such as 192.0.2.7`,
  );
  return undefined;
}

/** Whole seconds, as fwknop counts. */
export function inSpaBounds(word: Word, length: Millis | undefined, findings: Findings): Millis | undefined {
  if (length === undefined) return undefined;
  if (length % 1000 === 0 && length <= seconds(MAX_SPA_TIMEOUT_SECONDS)) return length;
  findings.error(
    word,
    `fwknop counts whole seconds, up to ${MAX_SPA_TIMEOUT_SECONDS}: write a length such as 30s or 10m`,
  );
  return undefined;
}

/** `-2m`, `30s`: added to the time in the packet. */
export function parseSpaOffset(word: Word, findings: Findings): Millis | undefined {
  const [, sign = '', digits = '', unit = 's'] = /^([+-]?)([0-9]{1,6})([smhd])$/i.exec(word.text) ?? [];
  const factor = { s: 1, m: 60, h: 3600, d: 86_400 }[unit.toLowerCase()] ?? 0;
  const length = Number(digits) * factor;
  if (digits !== '' && length <= MAX_OFFSET_SECONDS) return seconds(sign === '-' ? -length : length);
  findings.error(
    word,
    `${quoteText(word.text)} is no offset of a clock: write 90s or -2m, at most ${MAX_OFFSET_SECONDS / 86_400}d`,
  );
  return undefined;
}

export function parseSpaUser(word: Word, findings: Findings): string | undefined {
  if (isSpaUser(word.text)) return word.text;
  findings.error(word, `${quoteText(word.text)} is no user for an SPA packet: it has ${SPA_USER_FORM}`);
  return undefined;
}

export function parseResolveUrl(word: Word, findings: Findings): string | undefined {
  const url = URL.parse(word.text);
  if (url !== null && /^https?:$/.test(url.protocol)) return word.text;
  findings.error(
    word,
    `${quoteText(word.text)} is no address of a web page: write one that begins with https://`,
  );
  return undefined;
}

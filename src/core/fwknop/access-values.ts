import { familyOf, parseAddress } from '../net/address.ts';
import { parsePort } from '../net/port.ts';
import { type Prefix, prefixAround } from '../net/prefix.ts';
import { parseProtocol } from '../net/protocol.ts';
import { type Instant, instant } from '../net/time.ts';
import type { WantedPort } from '../spa/spa-request.ts';
import { quoteText } from '../text/quote-text.ts';
import { splitWord } from '../text/word.ts';
import type { AccessSetting } from './read-access.ts';

/**
 * Addresses and networks; undefined for ANY. Mistakes in values of access.conf are findings in the setting's own file.
 */
export function readNetworks({ value, file }: AccessSetting): readonly Prefix[] | undefined {
  const words = splitWord(value, ',').filter(({ text }) => text !== '');
  if (words.some(({ text }) => text.toUpperCase() === 'ANY')) return undefined;
  return words.flatMap((word) => {
    const prefix = readNetwork(word.text);
    if (prefix === undefined)
      file.findings.error(
        word,
        `${quoteText(word.text)} is not an address or network: write one such as 192.0.2.0/24, or ANY`,
      );
    return prefix ?? [];
  });
}

/** Bits after the prefix length are ignored, as by fwknopd; a mask may be written out. */
function readNetwork(text: string): Prefix | undefined {
  const [, base = '', length] = /^([0-9.]+)(?:\/([0-9.]+))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  const bits = length === undefined ? 32 : length.includes('.') ? maskBits(length) : Number(length);
  if (address === undefined || familyOf(address) !== 4) return undefined;
  return Number.isInteger(bits) && bits >= 0 && bits <= 32 ? prefixAround(address, bits) : undefined;
}

function maskBits(mask: string): number {
  const bits = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.replaceAll('0', '').length : Number.NaN;
}

/** `tcp/22, udp/53` */
export function readPorts({ value, file }: AccessSetting): readonly WantedPort[] {
  return splitWord(value, ',')
    .filter(({ text }) => text !== '')
    .flatMap((word) => {
      const [, name = '', digits = ''] = /^([a-zA-Z]+)\/([0-9]{1,5})$/.exec(word.text) ?? [];
      const protocol = parseProtocol(name);
      const port = parsePort(digits);
      if (protocol !== undefined && port !== undefined) return [{ protocol, port }];
      file.findings.error(word, `${quoteText(word.text)} is no port: write one such as tcp/22 or udp/53`);
      return [];
    });
}

/** Whole seconds. */
export function readSeconds({ name, value, file }: AccessSetting): number | undefined {
  if (/^[0-9]{1,9}$/.test(value.text)) return Number(value.text);
  file.findings.error(value, `${quoteText(value.text)} is no number of seconds for ${name.text}`);
  return undefined;
}

/** `MM/DD/YYYY`: that day, in the form of the users file. */
export function readDay({ value, file }: AccessSetting): string | undefined {
  const [, month = '', day = '', year = ''] = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(value.text) ?? [];
  const text = `${year}-${month}-${day}`;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return text;
  file.findings.error(value, `${quoteText(value.text)} is no day: write it as 12/31/2027`);
  return undefined;
}

/** Seconds since 1970, in the form of the users file. */
export function readEpoch(setting: AccessSetting): string | undefined {
  const { value, file } = setting;
  if (/^[0-9]{1,11}$/.test(value.text)) return renderMoment(instant(Number(value.text) * 1000));
  file.findings.error(value, `${quoteText(value.text)} is no time in seconds since 1970`);
  return undefined;
}

const renderMoment = (at: Instant): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} Z`;

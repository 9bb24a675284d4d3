import { familyOf, parseAddress } from '../net/address.ts';
import { parsePort } from '../net/port.ts';
import { type Prefix, prefixAround } from '../net/prefix.ts';
import { parseProtocol } from '../net/protocol.ts';
import { type Instant, instant } from '../net/time.ts';
import type { WantedPort } from '../spa/spa-request.ts';
import { isSpaUser, SPA_USER_FORM } from '../spa/spa-user.ts';
import { quoteText } from '../text/quote-text.ts';
import { splitWord, type Word } from '../text/word.ts';
import type { AccessSetting } from './read-access.ts';

/**
 * Addresses and networks; undefined for ANY. Mistakes in values of access.conf are findings in the setting's own file.
 */
export function readNetworks({ value, file }: AccessSetting): readonly Prefix[] | undefined {
  const isAny = ({ text }: Word): boolean => text.toUpperCase() === 'ANY';
  const words = splitWord(value, ',');
  const networks = words.flatMap((word) => {
    const prefix = readNetwork(word.text);
    if (prefix === undefined && !isAny(word))
      file.findings.error(
        word,
        `${quoteText(word.text)} is not an IPv4 address or network: write one such as 192.0.2.0/24, or ANY`,
      );
    return prefix ?? [];
  });
  return words.some(isAny) ? undefined : networks;
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
  return splitWord(value, ',').flatMap((word) => {
    const [, name = '', digits = ''] = /^([a-zA-Z]+)\/([0-9]{1,5})$/.exec(word.text) ?? [];
    const protocol = parseProtocol(name);
    const port = parsePort(digits);
    if (protocol !== undefined && port !== undefined) return [{ protocol, port }];
    file.findings.error(word, `${quoteText(word.text)} is no port: write one such as tcp/22 or udp/53`);
    return [];
  });
}

/** RCHK_MAX_FW_TIMEOUT, RCHK_MAX_CMD_CYCLE_TIMER */
const MAX_SECONDS = 2 << 22;

/** Whole seconds. */
export function readSeconds({ name, value, file }: AccessSetting, least: 0 | 1 = 0): number | undefined {
  const seconds = /^[0-9]{1,9}$/.test(value.text) ? Number(value.text) : Number.NaN;
  if (seconds >= least && seconds <= MAX_SECONDS) return seconds;
  const form = `${name.text} is a number from ${least} to ${MAX_SECONDS}`;
  file.findings.error(value, `${quoteText(value.text)} is no number of seconds: ${form}`);
  return undefined;
}

/** `MM/DD/YYYY`, also with one digit each and two of the year: that day, in the form of the users file. */
export function readDay({ value, file }: AccessSetting): string | undefined {
  const [, month = '', day = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/.exec(value.text) ?? [];
  const text = `${year.padStart(4, '20')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return text;
  file.findings.error(value, `${quoteText(value.text)} is no day: write it as 12/31/2027`);
  return undefined;
}

/** Seconds since 1970, in the form of the users file. 0: there is no end. */
export function readEpoch(setting: AccessSetting): string | undefined {
  const { value, file } = setting;
  if (/^0+$/.test(value.text)) return undefined;
  if (/^[0-9]{1,11}$/.test(value.text)) return renderMoment(instant(Number(value.text) * 1000));
  file.findings.error(value, `${quoteText(value.text)} is no time in seconds since 1970`);
  return undefined;
}

/** The name that a packet must carry. */
export function readUserName(setting: AccessSetting | undefined): string | undefined {
  if (setting === undefined) return undefined;
  const { value, file } = setting;
  if (isSpaUser(value.text)) return value.text;
  file.findings.error(value, `${quoteText(value.text)} is no user name of fwknop: it has ${SPA_USER_FORM}`);
  return undefined;
}

const renderMoment = (at: Instant): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} Z`;

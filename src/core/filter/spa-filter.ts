import type { Port } from '../net/port.ts';
import { FIRST_CHARS, MAX_SPA_CHARS, MIN_SPA_CHARS, spaRemainders } from '../spa/spa-form.ts';
import type { SpaTransport } from '../spa/spa-transport.ts';

/** What the filter for fwknop's packets passes. */
export type SpaPort = {
  readonly port: Port;
  readonly transports: readonly SpaTransport[];
  /** How many characters the HMACs have that users' keys make; 0 of a key without one. */
  readonly hmacChars: readonly number[];
};

/** Where fwknop sends what looks like a request of a browser, besides the port for SPA. */
export const HTTP_PORT = 80;

const UDP_HEADER = 8;
const ICMP_HEADER = 8;
const IPV6_HEADER = 40;

/** "GET " and "/" */
const GET = 0x4745_5420;
const SLASH = 0x2f;
const GET_CHARS = 5;

/** Of an address in HTTP so many characters are looked at, where those of other requests have a dot, a slash or a blank. */
const PROBED = [6, 11, 17, 24, 32, 40] as const;

/**
 * The pcap-filter(7) expression that passes what may be packets of fwknop, for packets that begin with their IP header
 * (DLT_RAW): by port, the first character, and the lengths that these packets have. Empty without a transport.
 */
export function renderSpaFilter(taken: SpaPort, { ipv6 }: { readonly ipv6: boolean }): string {
  const { transports } = taken;
  const has = (one: SpaTransport): boolean => transports.includes(one);
  const v4 = [
    ...(has('udp') ? [`(udp and ${udpWords('udp', 0, taken)})`] : []),
    ...(has('icmp') ? [`(icmp and ${icmpWords(taken)})`] : []),
    ...tcpWords('tcp', 0, '(ip[2:2] - ((ip[0] & 15) << 2))', taken).map((words) => `(tcp and ${words})`),
  ];
  // `udp[…]` and `tcp[…]` read IPv4 alone. The client sends ICMP over IPv4 alone.
  const v6 = [
    ...(has('udp') ? [`(ip6[6] = 17 and ${udpWords('ip6', IPV6_HEADER, taken)})`] : []),
    ...tcpWords('ip6', IPV6_HEADER, 'ip6[4:2]', taken).map((words) => `(ip6[6] = 6 and ${words})`),
  ];
  return [
    ...(v4.length === 0 ? [] : [`(ip and (${v4.join(' or ')}))`]),
    ...(ipv6 && v6.length > 0 ? [`(ip6 and (${v6.join(' or ')}))`] : []),
  ].join(' or ');
}

function udpWords(from: string, start: number, { port, hmacChars }: SpaPort): string {
  const length = `${from}[${start + 4}:2]`;
  return [
    `${from}[${start + 2}:2] = ${port}`,
    firstChar(`${from}[${start + UDP_HEADER}]`, FIRST_CHARS),
    hasLength(length, UDP_HEADER, hmacChars),
  ].join(' and ');
}

/** Of any type: the client lets its user choose one. */
function icmpWords({ hmacChars }: SpaPort): string {
  const length = '(ip[2:2] - ((ip[0] & 15) << 2))';
  return `${firstChar(`icmp[${ICMP_HEADER}]`, FIRST_CHARS)} and ${hasLength(length, ICMP_HEADER, hmacChars)}`;
}

/** `length`: of the segment with its header. */
function tcpWords(from: string, start: number, length: string, taken: SpaPort): string[] {
  const { port, transports, hmacChars } = taken;
  const to = `${from}[${start + 2}:2]`;
  const header = `((${from}[${start + 12}] & 0xf0) >> 2)`;
  const at = (offset: number): string => `${from}[${header} + ${start + offset}]`;
  const plain = [
    `${to} = ${port}`,
    firstChar(at(0), FIRST_CHARS),
    hasLength(`(${length} - ${header})`, 0, hmacChars),
  ];
  const get = [
    `(${to} = ${HTTP_PORT} or ${to} = ${port})`,
    `${length} - ${header} > ${GET_CHARS + MIN_SPA_CHARS}`,
    `${from}[${header} + ${start}:4] = ${GET}`,
    `${at(4)} = ${SLASH}`,
    firstChar(at(GET_CHARS), '89-_'),
    ...PROBED.map((offset) => isUrlChar(at(offset))),
  ];
  return [
    ...(transports.includes('tcp') ? [plain.join(' and ')] : []),
    ...(transports.includes('http') ? [get.join(' and ')] : []),
  ];
}

const firstChar = (byte: string, chars: string): string =>
  `(${[...chars].map((char) => `${byte} = ${char.charCodeAt(0)}`).join(' or ')})`;

/** From `-` to `z`, but for the dot and the slash: a few more than can stand there. */
const isUrlChar = (byte: string): string =>
  `(${byte} >= 45 and ${byte} <= 122 and ${byte} != 46 and ${byte} != ${SLASH})`;

/** Whether `length`, without a header of so many bytes, is one of a packet: its remainder by 64 tells. */
function hasLength(length: string, header: number, hmacChars: readonly number[]): string {
  const remainders = spaRemainders(hmacChars).map((one) => (one + header) & 63);
  const isOne = remainders.map((one) => `${length} & 63 = ${one}`).join(' or ');
  return `${length} >= ${header + MIN_SPA_CHARS} and ${length} <= ${header + MAX_SPA_CHARS} and (${isOne})`;
}

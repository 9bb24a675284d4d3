import type { Port } from '../net/port.ts';
import { FIRST_CHARS, MAX_SPA_CHARS, MIN_SPA_CHARS, spaRemainders } from '../spa/spa-form.ts';
import type { SpaTransport } from '../spa/spa-transport.ts';

/** What the filter for fwknop packets passes. */
export type SpaPort = {
  readonly port: Port;
  readonly transports: readonly SpaTransport[];
  /** Lengths, in characters, of the HMACs of users' keys; 0 for a key without one. */
  readonly hmacChars: readonly number[];
};

/** Where fwknop sends packets disguised as a browser's request, besides the SPA port. */
export const HTTP_PORT = 80;

const UDP_HEADER = 8;
const ICMP_HEADER = 8;
const IPV6_HEADER = 40;

/** "GET " and "/" */
const GET = 0x4745_5420;
const SLASH = 0x2f;
const GET_CHARS = 5;

/** Positions checked in an HTTP path, where other requests usually have a dot, a slash or a blank. */
const PROBED = [6, 11, 17, 24, 32, 40] as const;

/**
 * The pcap-filter(7) expression that passes what may be an fwknop packet, for packets that begin with their IP header
 * (DLT_RAW): by port, the first character, and the possible lengths. Empty without a transport.
 */
export function renderSpaFilter(taken: SpaPort, { ipv6 }: { readonly ipv6: boolean }): string {
  const { transports } = taken;
  const has = (one: SpaTransport): boolean => transports.includes(one);
  const v4 = [
    ...(has('udp') ? [`(udp and ${udpWords('udp', 0, taken)})`] : []),
    ...(has('icmp') ? [`(icmp and ${icmpWords(taken)})`] : []),
    ...tcpWords('tcp', 0, '(ip[2:2] - ((ip[0] & 15) << 2))', taken).map((words) => `(tcp and ${words})`),
  ];
  // `udp[…]` and `tcp[…]` only read IPv4. The client sends ICMP only over IPv4.
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

/** Any ICMP type: the client lets its user choose. */
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

/** From `-` to `z` except the dot and the slash: slightly more than the alphabet. */
const isUrlChar = (byte: string): string =>
  `(${byte} >= 45 and ${byte} <= 122 and ${byte} != 46 and ${byte} != ${SLASH})`;

/** Whether `length` minus the header is the length of a packet: its remainder modulo 64 tells. */
function hasLength(length: string, header: number, hmacChars: readonly number[]): string {
  const remainders = spaRemainders(hmacChars).map((one) => (one + header) & 63);
  const isOne = remainders.map((one) => `${length} & 63 = ${one}`).join(' or ');
  return `${length} >= ${header + MIN_SPA_CHARS} and ${length} <= ${header + MAX_SPA_CHARS} and (${isOne})`;
}

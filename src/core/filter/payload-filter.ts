import type { Port } from '../net/port.ts';
import { KNOCK, KNOCK_LENGTHS } from '../signed/knock-layout.ts';
import type { ServerMarks } from '../signed/server-word.ts';

/** What the payload filter passes. */
export type PayloadPort = {
  readonly port: Port;
  /** One for each key of the server: during a rotation the old and the new one. */
  readonly marks: readonly ServerMarks[];
};

const UDP_HEADER = 8;
const IPV6_HEADER = 40;

/**
 * The pcap-filter(7) expression that passes datagrams that may be signed knocks, for packets that begin with their IP
 * header (DLT_RAW): by port, length, and the keyed word of `wordOf`. The kernel drops all other packets, except one in
 * four thousand million. Empty without a port.
 */
export function renderPayloadFilter(
  taken: PayloadPort | undefined,
  { ipv6 }: { readonly ipv6: boolean },
): string {
  if (taken === undefined || taken.marks.length === 0) return '';
  const v4 = `(udp and ${conditions('udp', 0, taken)})`;
  if (!ipv6) return `ip and ${v4}`;
  // `udp[…]` only reads IPv4.
  return `(ip and ${v4}) or (ip6 and ip6[6] = 17 and ${conditions('ip6', IPV6_HEADER, taken)})`;
}

/** `start`: offset of the UDP header in what `from[…]` reads. */
function conditions(from: string, start: number, { port, marks }: PayloadPort): string {
  const at = (offset: number, size: number): string => `${from}[${start + offset}:${size}]`;
  const payload = (offset: number): string => at(UDP_HEADER + offset, 4);
  const lengths = KNOCK_LENGTHS.map((length) => `${at(4, 2)} = ${UDP_HEADER + length}`);
  const x = payload(KNOCK.ephemeral);
  const y = payload(KNOCK.ephemeral + 4);
  const words = marks.map(
    ({ m1, m2, c }) => `${payload(KNOCK.word)} = (((${x} * ${m1}) ^ (${y} * ${m2})) ^ (${x} >> 15)) + ${c}`,
  );
  return `${at(2, 2)} = ${port} and (${lengths.join(' or ')}) and (${words.join(' or ')})`;
}

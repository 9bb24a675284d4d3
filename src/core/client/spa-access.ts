import type { Address } from '../net/address.ts';
import type { Port } from '../net/port.ts';
import type { Protocol } from '../net/protocol.ts';

/** A port that an SPA packet requests. */
export type SpaPort = { readonly protocol: Protocol; readonly port: Port };

/**
 * The address to request. `packet`: the packet's source as the server sees it · `resolve`: the one that a web server on
 * the Internet sees, asked beforehand.
 */
export type SpaAddress =
  | { readonly kind: 'packet' | 'resolve' }
  | { readonly kind: 'address'; readonly address: Address };

/** fwknopd's default (PCAP_FILTER). */
export const SPA_SERVER_PORT = 62201 as Port;

/** What fwknop asks with `-R` (HTTP_RESOLVE_URL). */
export const DEFAULT_RESOLVE_URL = 'https://www.cipherdyne.org/cgi-bin/myip';

/** The message of an SPA packet: `192.0.2.7,tcp/22,udp/53`. `undefined`: the packet's own source. */
export function renderAccessMessage(address: Address | undefined, ports: readonly SpaPort[]): string {
  return [address ?? '0.0.0.0', ...ports.map(({ protocol, port }) => `${protocol}/${port}`)].join(',');
}

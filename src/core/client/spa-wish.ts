import type { Address } from '../net/address.ts';
import type { Port } from '../net/port.ts';
import type { Protocol } from '../net/protocol.ts';

/** A port that an SPA packet asks for. */
export type SpaPort = { readonly protocol: Protocol; readonly port: Port };

/**
 * For which address it asks. `packet`: the one that the server sees as the packet's source · `resolve`: the one that a
 * server in the internet sees, which is asked before.
 */
export type SpaAddress =
  | { readonly kind: 'packet' | 'resolve' }
  | { readonly kind: 'address'; readonly address: Address };

/** Of fwknopd (PCAP_FILTER). */
export const SPA_SERVER_PORT = 62201 as Port;

/** What fwknop asks where `-R` is given (HTTP_RESOLVE_URL). */
export const DEFAULT_RESOLVE_URL = 'https://www.cipherdyne.org/cgi-bin/myip';

/** The message of an SPA packet: `192.0.2.7,tcp/22,udp/53`. `undefined` is the packet's own source. */
export function renderSpaWish(address: Address | undefined, ports: readonly SpaPort[]): string {
  return [address ?? '0.0.0.0', ...ports.map(({ protocol, port }) => `${protocol}/${port}`)].join(',');
}

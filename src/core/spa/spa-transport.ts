import type { Port } from '../net/port.ts';

/** How fwknop's client sends packets: as a datagram, an ICMP message, a bare TCP segment, or an HTTP request. */
export const SPA_TRANSPORTS = ['udp', 'icmp', 'tcp', 'http'] as const;

export type SpaTransport = (typeof SPA_TRANSPORTS)[number];

/** DEFAULT_SPA_PORT of fwknop. */
export const DEFAULT_SPA_PORT = 62_201 as Port;

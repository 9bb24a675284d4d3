import type { Port } from '../net/port.ts';
import type { Protocol } from '../net/protocol.ts';

/**
 * Ports that a door opens in the firewall, first to last. `input`: to this host itself; `forward`: through it, to a
 * container or another host, by the port that the knocker addresses before any translation.
 */
export type PortOpening = {
  readonly protocol: Protocol;
  readonly first: Port;
  readonly last: Port;
  readonly path: 'input' | 'forward';
};

/** As the configuration writes it: `tcp/22`, `udp/8000-8010`, `tcp/8080 forward`. */
export function renderPortOpening({ protocol, first, last, path }: PortOpening): string {
  const ports = first === last ? `${first}` : `${first}-${last}`;
  return `${protocol}/${ports}${path === 'forward' ? ' forward' : ''}`;
}

import { type Port, parsePort } from '../net/port.ts';
import { type Protocol, parseProtocol } from '../net/protocol.ts';

/**
 * Ports that a door opens in the firewall, first to last. `input`: on this host; `forward`: also forwarded to a
 * container or another host, by the port that the client addresses before any translation.
 */
export type PortOpening = {
  readonly protocol: Protocol;
  readonly first: Port;
  readonly last: Port;
  readonly path: 'input' | 'forward';
};

/**
 * The ports that packets on this path meet. A forwarded port counts on this host too: a container runtime may listen
 * there itself, for families and clients that it does not translate.
 */
export function portsOn(ports: readonly PortOpening[], path: PortOpening['path']): PortOpening[] {
  return ports.filter((port) => path === 'input' || port.path === path).map((port) => ({ ...port, path }));
}

/** Parses the output of `renderPortOpening`; `undefined` for anything else. */
export function parsePortOpening(text: string): PortOpening | undefined {
  const parts = /^(tcp|udp)\/([0-9]{1,5})(?:-([0-9]{1,5}))?( forward)?$/.exec(text);
  const protocol = parseProtocol(parts?.[1] ?? '');
  const first = parsePort(parts?.[2] ?? '');
  const last = parsePort(parts?.[3] ?? parts?.[2] ?? '');
  if (protocol === undefined || first === undefined || last === undefined || last < first) return undefined;
  return { protocol, first, last, path: parts?.[4] === undefined ? 'input' : 'forward' };
}

/** As the configuration writes it: `tcp/22`, `udp/8000-8010`, `tcp/8080 forward`. */
export function renderPortOpening({ protocol, first, last, path }: PortOpening): string {
  const ports = first === last ? `${first}` : `${first}-${last}`;
  return `${protocol}/${ports}${path === 'forward' ? ' forward' : ''}`;
}

/** `tcp/22, udp/51820`; '' for none. */
export function renderPortOpenings(openings: readonly PortOpening[]): string {
  return openings.map(renderPortOpening).join(', ');
}

import { type Port, parsePort } from './port.ts';
import type { Protocol } from './protocol.ts';

/** Ports of service names and aliases in services(5), per protocol. */
export type Services = Readonly<Record<Protocol, ReadonlyMap<string, Port>>>;

/** Whether `text` can be a service name: no white space, no `#`, no `/`, and at least one letter (RFC 6335, 5.1). */
export function isServiceName(text: string): boolean {
  return /^[^\s#/:,]{1,255}$/.test(text) && /[a-zA-Z]/.test(text);
}

/**
 * Parses a services(5) file. Unusable lines are skipped, as getservbyname(3) does: the file also lists protocols that
 * cannot be knocked with. The first entry of a name counts.
 */
export function parseServices(text: string): Services {
  const services = { tcp: new Map<string, Port>(), udp: new Map<string, Port>() };
  for (const line of text.split('\n')) {
    const [name, number, ...aliases] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    const [digits, protocol, ...rest] = (number ?? '').split('/');
    const port = parsePort(digits ?? '');
    if (name === undefined || port === undefined || rest.length > 0) continue;
    if (protocol !== 'tcp' && protocol !== 'udp') continue;
    const ports = services[protocol];
    for (const word of [name, ...aliases]) if (!ports.has(word)) ports.set(word, port);
  }
  return services;
}

/** The port of a service. A service listed only for the other protocol has the same port here. */
export function servicePort(services: Services, name: string, protocol: Protocol): Port | undefined {
  const other: Protocol = protocol === 'tcp' ? 'udp' : 'tcp';
  return services[protocol].get(name) ?? services[other].get(name);
}

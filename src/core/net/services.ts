import { type Port, parsePort } from './port.ts';
import type { Protocol } from './protocol.ts';

/** The ports that services(5) gives to names and aliases, per protocol. */
export type Services = Readonly<Record<Protocol, ReadonlyMap<string, Port>>>;

/** Whether `text` could be a service's name: no white space, no `#`, no `/`, and a letter in it (RFC 6335, 5.1). */
export function isServiceName(text: string): boolean {
  return /^[^\s#/:,]{1,255}$/.test(text) && /[a-zA-Z]/.test(text);
}

/**
 * The entries of a services(5) file. Lines it cannot use are passed over, as getservbyname(3) does: the file
 * also lists protocols that cannot be knocked with. The first entry of a name counts.
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

/** The port of a service; one that is listed for the other protocol only keeps its number. */
export function servicePort(services: Services, name: string, protocol: Protocol): Port | undefined {
  const other: Protocol = protocol === 'tcp' ? 'udp' : 'tcp';
  return services[protocol].get(name) ?? services[other].get(name);
}

import { readFileSync } from 'node:fs';
import type { Port } from '../../core/net/port.ts';
import { parseServices } from '../../core/net/services.ts';

const SERVICES_FILE = '/etc/services';

/** Ports with a name in services(5); empty if there is no such file. */
export function readKnownPorts(): ReadonlyMap<Port, string> {
  let text: string;
  try {
    text = readFileSync(SERVICES_FILE, 'utf8');
  } catch {
    return new Map();
  }
  const { tcp, udp } = parseServices(text);
  const named = new Map<Port, string>();
  for (const [name, port] of [...tcp, ...udp]) if (!named.has(port)) named.set(port, name);
  return named;
}

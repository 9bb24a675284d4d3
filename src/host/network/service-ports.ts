import { readFileSync } from 'node:fs';
import { win32 } from 'node:path';
import type { Port } from '../../core/net/port.ts';
import type { Protocol } from '../../core/net/protocol.ts';
import { parseServices, type Services, servicePort } from '../../core/net/services.ts';

const SERVICES_FILE = '/etc/services';

/** On Windows it is below the directory in `SystemRoot`. */
export function servicesFileOf(platform: NodeJS.Platform, systemRoot: string | undefined): string {
  if (platform !== 'win32') return SERVICES_FILE;
  return win32.join(systemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'services');
}

/** The port of a named service, or why it has none. */
export type ServicePortResult =
  | { readonly kind: 'found'; readonly port: Port }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface ServicePorts {
  portOf(name: string, protocol: Protocol): ServicePortResult;
}

/** Names from /etc/services. The file is read once, at the first query. */
export class ServicesFile implements ServicePorts {
  readonly #path: string;
  #services: Services | undefined;

  constructor(path: string = SERVICES_FILE) {
    this.#path = path;
  }

  portOf(name: string, protocol: Protocol): ServicePortResult {
    try {
      this.#services ??= parseServices(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return {
        kind: 'unknown',
        reason: `service names need ${this.#path}, which cannot be read (${reason})`,
      };
    }
    const port = servicePort(this.#services, name, protocol);
    if (port === undefined) return { kind: 'unknown', reason: `${this.#path} has no service of that name` };
    return { kind: 'found', port };
  }
}

import type { Macs } from './frame.ts';
import { Namespace } from './namespace.ts';
import { PATIENCE_MS } from './program.ts';

/** Addresses on the wire. The stranger is a second host as far as addresses tell: same machine, other address. */
export const SERVER = '10.7.0.1';
export const SERVER6 = 'fd07::1';
export const CLIENT = '10.7.0.2';
export const CLIENT6 = 'fd07::2';
export const STRANGER = '10.7.0.3';

/**
 * Two namespaces joined by a veth pair:
 *
 *     client                        server
 *     eth0 10.7.0.2  fd07::2  ────  eth0 10.7.0.1  fd07::1
 *          10.7.0.3 (the stranger)
 */
export class Wire implements AsyncDisposable {
  readonly client: Namespace;
  readonly server: Namespace;

  private constructor(client: Namespace, server: Namespace) {
    this.client = client;
    this.server = server;
  }

  static async create(): Promise<Wire> {
    const wire = new Wire(...(await Namespace.createPair('eth0', 'eth0')));
    const { client, server } = wire;
    await Promise.all([
      addAddresses(client, 'eth0', CLIENT, STRANGER, CLIENT6),
      addAddresses(server, 'eth0', SERVER, SERVER6),
    ]);
    await Promise.all([linkUp(client, 'eth0'), linkUp(server, 'eth0')]);
    return wire;
  }

  /** One more veth pair: `device` at both ends, 10.N.0.1 and fd0N::1 at the server, .2 and ::2 at the client. */
  async addPair(device: string, net: number): Promise<void> {
    await this.client.ip(`link add ${device} type veth peer name ${device} netns ${this.server.name}`);
    await addAddresses(this.client, device, `10.${net}.0.2`, `fd0${net}::2`);
    await addAddresses(this.server, device, `10.${net}.0.1`, `fd0${net}::1`);
    await linkUp(this.client, device);
    await linkUp(this.server, device);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Namespace.destroyAll([this.client, this.server]);
  }
}

/** Brings lo up, and `device` with these addresses; IPv6 ones are usable at once (no duplicate address detection). */
export async function addAddresses(
  namespace: Namespace,
  device: string,
  ...addresses: readonly string[]
): Promise<void> {
  const lines = addresses.map((address) =>
    address.includes(':')
      ? `addr add ${address}/64 dev ${device} nodad`
      : `addr add ${address}/24 dev ${device}`,
  );
  await namespace.ipAll(['link set lo up', ...lines, `link set ${device} up`]);
}

/** The kernel notices a carrier in a work queue; until then IPv6 leaves the interface alone. */
export async function linkUp(namespace: Namespace, device: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!/^\S+\s+UP\b/.test(await namespace.ip(`-br link show dev ${device}`))) {
    if (performance.now() > deadline) throw new Error(`${device} in ${namespace.name} does not come up`);
  }
}

/** Of a frame from the client to the server. */
export async function macsOf({ client, server }: Pick<Wire, 'client' | 'server'>): Promise<Macs> {
  const address = async (namespace: Namespace): Promise<string> =>
    (await namespace.run('cat', '/sys/class/net/eth0/address')).trim();
  return { source: await address(client), destination: await address(server) };
}

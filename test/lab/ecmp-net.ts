import type { Macs } from './frame.ts';
import { Namespace } from './namespace.ts';
import { addAddresses, linkUp } from './wire.ts';

/** The address of all gateways together. */
export const ANYCAST = '10.99.0.1';
export const ANYCAST6 = 'fd99::1';

/** Where the gateways reach each other's engine. */
export const ENGINE = '10.8.0.100';

export const CLIENT_NET = '10.6.0';

/**
 * Several gateways behind one address. The router spreads packets over them, by ports with `policy` 1
 * (`fib_multipath_hash_policy`), by addresses with 0. A second network joins the gateways and the engine's host.
 *
 *     client                router                       gateway 1 … n
 *     eth0 10.6.0.2   ────  c0 10.6.0.1
 *                           gN 10.7.N.254  ────────────  eth0 10.7.N.1, lo 10.99.0.1
 *     engine                hub (a bridge)
 *     eth0 10.8.0.100 ────  ┴──────────────────────────  eth1 10.8.0.N
 */
export class EcmpNet implements AsyncDisposable {
  readonly client: Namespace;
  readonly router: Namespace;
  readonly engine: Namespace;
  readonly gateways: readonly Namespace[];
  readonly #hub: Namespace;

  private constructor(namespaces: readonly Namespace[]) {
    const [client, router, engine, hub, ...gateways] = namespaces as [
      Namespace,
      Namespace,
      Namespace,
      Namespace,
      ...Namespace[],
    ];
    this.client = client;
    this.router = router;
    this.engine = engine;
    this.#hub = hub;
    this.gateways = gateways;
  }

  static async create(gateways: number): Promise<EcmpNet> {
    const namespaces: Namespace[] = [];
    for (let i = 0; i < 4 + gateways; i++) namespaces.push(await Namespace.create());
    const net = new EcmpNet(namespaces);
    try {
      await net.#join();
      return net;
    } catch (error) {
      await net[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** By what the router spreads packets from now on. */
  async spreadBy(what: 'ports' | 'addresses'): Promise<void> {
    const policy = what === 'ports' ? 1 : 0;
    for (const family of ['ipv4', 'ipv6']) {
      await this.router.run('sysctl', '-qw', `net.${family}.fib_multipath_hash_policy=${policy}`);
    }
  }

  /** Of a frame from the client to the router. */
  async macsOfClient(): Promise<Macs> {
    const mac = async (namespace: Namespace, device: string): Promise<string> =>
      (await namespace.run('cat', `/sys/class/net/${device}/address`)).trim();
    return { source: await mac(this.client, 'eth0'), destination: await mac(this.router, 'c0') };
  }

  /** The engine's network of a gateway: nothing goes through any more, in either direction, and nobody is told. */
  async cut(gateway: number): Promise<void> {
    await this.#hub.ip(`link set p${gateway + 1} nomaster`);
  }

  async heal(gateway: number): Promise<void> {
    await this.#hub.ip(`link set p${gateway + 1} master hub`);
  }

  async #join(): Promise<void> {
    const { client, router, engine, gateways } = this;
    const hub = this.#hub;
    await client.ip(`link add eth0 type veth peer name c0 netns ${router.name}`);
    await addAddresses(client, 'eth0', `${CLIENT_NET}.2`, 'fd06::2');
    await addAddresses(router, 'c0', `${CLIENT_NET}.1`, 'fd06::1');
    await router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    await hub.ip('link add hub type bridge');
    await hub.ip('link set hub up');
    await this.#plug(engine, 'eth0', 'pe', ENGINE);
    for (const [i, gateway] of gateways.entries()) {
      const n = i + 1;
      await gateway.ip(`link add eth0 type veth peer name g${n} netns ${router.name}`);
      await addAddresses(gateway, 'eth0', `10.7.${n}.1`, `fd07:${n}::1`);
      await addAddresses(router, `g${n}`, `10.7.${n}.254`, `fd07:${n}::254`);
      await gateway.ip(`addr add ${ANYCAST}/32 dev lo`);
      await gateway.ip(`addr add ${ANYCAST6}/128 dev lo nodad`);
      await gateway.ip(`route add default via 10.7.${n}.254`);
      await gateway.ip(`-6 route add default via fd07:${n}::254`);
      await this.#plug(gateway, 'eth1', `p${n}`, `10.8.0.${n}`);
      await linkUp(gateway, 'eth0');
    }
    await client.ip(`route add default via ${CLIENT_NET}.1`);
    await client.ip('-6 route add default via fd06::1');
    const hops = gateways.map((_, i) => `nexthop via 10.7.${i + 1}.1`).join(' ');
    const hops6 = gateways.map((_, i) => `nexthop via fd07:${i + 1}::1`).join(' ');
    await router.ip(`route add ${ANYCAST}/32 ${hops}`);
    await router.ip(`-6 route add ${ANYCAST6}/128 ${hops6}`);
    await linkUp(client, 'eth0');
  }

  async #plug(namespace: Namespace, device: string, port: string, address: string): Promise<void> {
    await namespace.ip(`link add ${device} type veth peer name ${port} netns ${this.#hub.name}`);
    await addAddresses(namespace, device, address);
    await this.#hub.ip(`link set ${port} master hub`);
    await this.#hub.ip(`link set ${port} up`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [this.client, this.router, this.engine, this.#hub, ...this.gateways]) {
      await one[Symbol.asyncDispose]();
    }
  }
}

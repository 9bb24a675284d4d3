/**
 *     client                       server                            inner
 *     eth0 10.7.0.2 fd07::2  ────  eth0 10.7.0.1 fd07::1
 *          10.7.0.3 fd07::3        inner0 10.8.0.1 fd08::1  ────  eth0 10.8.0.2 fd08::2
 *
 * The server translates port 8080 to port 80 of `inner`, as a container runtime does with a published port.
 */
import assert from 'node:assert/strict';
import type { Gate } from '../../src/host/firewall/contract/firewall.ts';
import { Namespace } from '../lab/namespace.ts';
import { NetService } from '../lab/net-service.ts';
import type { ProbeRequest } from '../lab/prober.ts';
import type { Program } from '../lab/program.ts';
import { addAddresses, linkUp, SERVER, SERVER6, Wire } from '../lab/wire.ts';
import type { DriverAdapter } from './firewall-driver.ts';

export const STRANGER6 = 'fd07::3';
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const script = (path: string): string => new URL(path, import.meta.url).pathname;

/** A port that no door has: open in every situation, so that a closed one is not taken for a dead network. */
export const FREE_PORT = 4444;
const PORTS = [
  'tcp/22',
  'tcp/8000',
  'tcp/8010',
  'tcp/8011',
  'udp/51820',
  'udp-second/51821',
  `tcp/${FREE_PORT}`,
];

/** How long nothing must come back until a port counts as closed: a veth answers within a millisecond. */
const SILENCE_MS = 400;
const PATIENCE_MS = 10_000;

/** One adapter on one kind of host. */
export type Situation = {
  readonly name: string;
  readonly adapter: DriverAdapter;
  /** Whether the kernel ends grants here. */
  readonly closesByItself: boolean;
  /** Makes the host's own firewall, of another owner. */
  readonly arrange: (server: Namespace) => Promise<void>;
  /** What that owner, or anybody, does to lose Bussa's part. */
  readonly flush: (server: Namespace) => Promise<void>;
  /** What somebody does to lose the leases of a door, the rules being as they were; absent where they are rules. */
  readonly flushLeases?: (server: Namespace, door: string) => Promise<void>;
  /** All rules of the host as text. */
  readonly list: (server: Namespace) => Promise<string>;
};

export class FirewallFixture implements AsyncDisposable {
  readonly wire: Wire;
  readonly inner: Namespace;
  readonly #situation: Situation;

  private constructor(wire: Wire, inner: Namespace, situation: Situation) {
    this.wire = wire;
    this.inner = inner;
    this.#situation = situation;
  }

  static async create(situation: Situation): Promise<FirewallFixture> {
    const wire = await Wire.create();
    const { server, client } = wire;
    const inner = await Namespace.create();
    const link = `link add eth0 netns ${inner.name} type veth peer name inner0`;
    await Promise.all([client.ip(`addr add ${STRANGER6}/64 dev eth0 nodad`), server.ip(link)]);
    await Promise.all([
      addAddresses(inner, 'eth0', '10.8.0.2', 'fd08::2'),
      addAddresses(server, 'inner0', '10.8.0.1', 'fd08::1'),
    ]);
    const routes = ['route add default via 10.8.0.1', 'route add default via fd08::1'];
    await Promise.all([inner.ipAll(routes), linkUp(server, 'inner0')]);
    await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    await feedNft(server, PUBLISHED);
    await situation.arrange(server);
    for (const [namespace, ...ports] of [
      [server, ...PORTS],
      [inner, 'tcp/80'],
    ] as const)
      await NetService.start(namespace.name, 'portService', ...ports).saw(/serving/);
    return new FirewallFixture(wire, inner, situation);
  }

  list(): Promise<string> {
    return this.#situation.list(this.wire.server);
  }

  async openFirewall(adapter = this.#situation.adapter): Promise<Driver> {
    const driver = this.wire.server.start(...NODE, script('firewall-driver.ts'), JSON.stringify(adapter));
    await driver.saw(/^opened /m);
    return new Driver(driver);
  }

  async openProber(namespace = this.wire.client): Promise<Prober> {
    const service = NetService.start(namespace.name, 'prober');
    await service.saw(/^ready$/m);
    return new Prober(service);
  }

  /** A process that runs on this processor alone. */
  async openPinnedProber(cpu: number): Promise<Prober> {
    const words = ['-c', `${cpu}`, ...NODE, script('../lab/prober.ts')];
    const program = this.wire.client.start('taskset', ...words);
    await program.saw(/^ready$/m);
    return new Prober(program);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Namespace.destroyAll([this.wire.client, this.wire.server, this.inner]);
  }
}

/** Somebody else's as well: the translation. */
export const PUBLISHED = `table inet published {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "eth0" tcp dport 8080 dnat ip to 10.8.0.2:80
    iifname "eth0" tcp dport 8080 dnat ip6 to [fd08::2]:80
  }
}`;

/** Loads a ruleset of somebody else's. */
export async function feedNft(namespace: Namespace, text: string): Promise<void> {
  await namespace.run('sh', '-c', 'printf "%s" "$0" | nft -f -', text);
}

/** An adapter in the server's namespace. */
export class Driver implements AsyncDisposable {
  readonly #program: Program;
  #calls = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  /** The single-use grants of which nothing tells whether they have been used. */
  async install(
    gates: readonly Gate[],
    grants: readonly WireGrant[] = [],
    anyway = false,
  ): Promise<WireGrant[]> {
    return JSON.parse((await this.#call('install', gates, grants, anyway)).result) as WireGrant[];
  }

  /** `null` where there is none. */
  async shortcoming(): Promise<string> {
    return (await this.#call('shortcoming')).result;
  }

  async warnings(): Promise<string> {
    return (await this.#call('warnings')).result;
  }

  grant(door: string, source: string, left: number): Promise<number> {
    return this.#micros('grant', { door, source, left });
  }

  grantAll(grants: readonly WireGrant[]): Promise<number> {
    return this.#micros('grantAll', grants);
  }

  revoke(door: string, source: string): Promise<number> {
    return this.#micros('revoke', door, source);
  }

  remove(): Promise<number> {
    return this.#micros('remove');
  }

  async isInPlace(live: readonly WireGrant[] = []): Promise<boolean> {
    return (await this.#call('isInPlace', live)).result === 'true';
  }

  async watch(): Promise<void> {
    await this.#call('watch');
  }

  /** How often the watch has called so far. */
  get changes(): number {
    return this.#program.count(/^changed$/gm);
  }

  async changed(nth: number): Promise<void> {
    await this.#program.saw(/^changed$/m, nth);
  }

  kill(): Promise<unknown> {
    return this.#program.stop('SIGKILL');
  }

  async #micros(method: string, ...args: readonly unknown[]): Promise<number> {
    return (await this.#call(method, ...args)).micros;
  }

  async #call(method: string, ...args: readonly unknown[]): Promise<{ micros: number; result: string }> {
    this.#calls++;
    this.#program.write(`${JSON.stringify([this.#calls, method, ...args])}\n`);
    const answer = await this.#program.saw(
      new RegExp(`^(?:done ${this.#calls} (\\d+) (.*)|failed ${this.#calls} (.*))\n`, 'm'),
    );
    if (answer[3] !== undefined) throw new Error(answer[3]);
    return { micros: Number(answer[1]), result: answer[2] ?? '' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

export type WireGrant = { readonly door: string; readonly source: string; readonly left: number };
type Protocol = ProbeRequest[1];
export type Probed = { readonly open: boolean; readonly began: number };

/** Tries ports from the client's namespace. */
export class Prober implements AsyncDisposable {
  readonly #program: Program | NetService;
  #probes = 0;

  constructor(program: Program | NetService) {
    this.#program = program;
  }

  async probe(
    protocol: Protocol,
    from: string,
    to: string,
    port: number,
    { waitMs = SILENCE_MS, at = undefined as number | undefined } = {},
  ): Promise<Probed> {
    this.#probes++;
    const id = this.#probes;
    const request: ProbeRequest = [
      id,
      protocol,
      from,
      to,
      port,
      waitMs,
      ...(at === undefined ? [] : [at]),
    ] as never;
    this.#program.write(`${JSON.stringify(request)}\n`);
    const [, verdict, began] = await this.#program.saw(new RegExp(`^probe ${id} (open|shut) (\\S+)\n`, 'm'));
    return { open: verdict === 'open', began: Number(began) };
  }

  async assertOpen(protocol: Protocol, from: string, port: number): Promise<void> {
    const { open } = await this.probe(protocol, from, serverOf(from), port, { waitMs: PATIENCE_MS });
    assert.ok(open, `${protocol}/${port} must be open to ${from}`);
  }

  async assertShut(protocol: Protocol, from: string, port: number): Promise<void> {
    const { open } = await this.probe(protocol, from, serverOf(from), port);
    assert.ok(!open, `${protocol}/${port} must be closed to ${from}`);
    await this.assertOpen('tcp', from, FREE_PORT);
  }

  /** Tries again and again, and returns the time of day of the first try that failed. */
  async sawShut(protocol: Protocol, from: string, port: number): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const { open, began } = await this.probe(protocol, from, serverOf(from), port);
      if (!open) return began;
      assert.ok(performance.now() < deadline, `${protocol}/${port} does not close to ${from}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

export function serverOf(from: string): string {
  return from.includes(':') ? SERVER6 : SERVER;
}

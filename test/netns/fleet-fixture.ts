import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FleetKey, renderFleetKey } from '../../src/core/fleet/fleet-key.ts';
import { memberLine } from '../../src/core/fleet/member-line.ts';
import { setName } from '../../src/core/nft/set-name.ts';
import { memberKeyOf } from '../../src/host/crypto/member-key.ts';
import { ANYCAST, ANYCAST6, CLIENT_NET, EcmpNet, ENGINE } from '../lab/ecmp-net.ts';
import { LabEngine } from '../lab/engine.ts';
import { EnginePair, type PairWishes } from '../lab/engine-pair.ts';
import { BUSSA, C_KNOCK, startKnockdBehind, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { PATIENCE_MS, type Program } from '../lab/program.ts';

const FLEET = 'edge';
const ENGINE_PORT = 6390;

type HeldLease = { readonly door: string; readonly source: string; readonly left: number };

type HostFiles = {
  readonly engine: Pick<LabEngine, 'urlFor' | 'filesFor'>;
  readonly key: FleetKey;
  readonly members: readonly string[];
  readonly doors: string;
};

/** A gateway: a daemon and its carrier, in a namespace of their own. */
export class FleetHost implements AsyncDisposable {
  readonly name: string;
  readonly namespace: Namespace;
  readonly directory = new WorkDirectory();
  readonly #config: string;
  readonly #files: string;
  #daemon: Program | undefined;
  #carrier: Program | undefined;

  constructor(name: string, namespace: Namespace, { engine, key, members, doors }: HostFiles) {
    this.name = name;
    this.namespace = namespace;
    this.#files = engine.filesFor(name);
    this.#config = `[fleet]
  engine  = ${engine.urlFor(name)}
  name    = ${name}
  key     = ${this.directory.file('fleet.key', renderFleetKey(key))}
  members = ${this.directory.file('fleet-members', `${members.join('\n')}\n`)}
${doors}`;
  }

  get daemon(): Program {
    if (this.#daemon === undefined) throw new Error(`${this.name} has no daemon`);
    return this.#daemon;
  }

  get carrier(): Program {
    if (this.#carrier === undefined) throw new Error(`${this.name} has no carrier`);
    return this.#carrier;
  }

  get configFile(): string {
    return `${this.directory.path}/knockd.conf`;
  }

  /** Returns when it is connected to the engine. */
  async start(): Promise<void> {
    await this.startDaemon();
    this.startCarrier();
    await this.connected();
  }

  /** All that the daemon has kept: its database, its record of numbers. It must not run. */
  forget(): void {
    for (const entry of readdirSync(this.directory.path, { withFileTypes: true })) {
      if (entry.isDirectory()) rmSync(join(this.directory.path, entry.name), { recursive: true });
    }
  }

  /** `prefix`: words that the program starts behind. */
  async startDaemon(prefix: readonly string[] = []): Promise<void> {
    this.#daemon = await startKnockdBehind(prefix, this.namespace, this.directory, this.#config);
  }

  startCarrier(): void {
    const [word = '', ...words] = BUSSA;
    const choice = ['-c', this.configFile, '--state', this.directory.path];
    this.#carrier = this.namespace.start(word, ...words, 'fleet', ...choice, '--files', this.#files);
  }

  async connected(nth = 1): Promise<void> {
    await this.daemon.saw(/fleet: connected to the engine/, nth);
  }

  /** `bussa` with these words, on this host. */
  bussa(verb: string, ...more: readonly string[]): Promise<string> {
    const [word = '', ...words] = BUSSA;
    const choice = ['-c', this.configFile, '--state', this.directory.path];
    return this.namespace.run(word, ...words, verb, ...choice, ...more);
  }

  /** The leases that are open now, as `door source`, with the seconds that are left. */
  async leases(): Promise<ReadonlyMap<string, number>> {
    const { leases } = JSON.parse(await this.bussa('leases', '--json')) as { leases: readonly HeldLease[] };
    return new Map(leases.map(({ door, source, left }) => [`${door} ${source}`, left / 1000]));
  }

  /** The addresses that the kernel lets in at the door, each once. */
  async admitted(door: string): Promise<string[]> {
    const words = ['list', 'set', 'inet', 'bussa', setName('d_', door, 4)];
    const set = await this.namespace.run('nft', ...words);
    return (/elements = \{([^}]*)/.exec(set)?.[1]?.match(/\b10\.\d+\.\d+\.\d+\b/g) ?? []).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#carrier?.[Symbol.asyncDispose]();
    await this.#daemon?.[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

export type FleetWishes = {
  readonly hosts?: number;
  /** Doors, as the configuration has them, or those of each host. */
  readonly doors: string | ((name: string) => string);
  /** What each host lets the others do, behind their keys. */
  readonly rights?: string;
};

/** Gateways behind one address and an engine that each of them reaches by another network, with TLS and rights of its own. */
export class FleetFixture<E extends LabEngine | EnginePair = LabEngine> implements AsyncDisposable {
  readonly net: EcmpNet;
  readonly engine: E;
  readonly hosts: readonly FleetHost[];

  private constructor(net: EcmpNet, engine: E, hosts: readonly FleetHost[]) {
    this.net = net;
    this.engine = engine;
    this.hosts = hosts;
  }

  static create(wishes: FleetWishes): Promise<FleetFixture> {
    return FleetFixture.#create(wishes, (engine) => LabEngine.start({ ...engine, port: ENGINE_PORT }));
  }

  /** With a primary, a replica and three sentinels. */
  static createPair(wishes: FleetWishes): Promise<FleetFixture<EnginePair>> {
    return FleetFixture.#create(wishes, (engine) => EnginePair.start(engine));
  }

  static async #create<E extends LabEngine | EnginePair>(
    { hosts: count = 3, doors, rights = 'doors=* bans' }: FleetWishes,
    startEngine: (wishes: PairWishes) => Promise<E>,
  ): Promise<FleetFixture<E>> {
    await using stack = new AsyncDisposableStack();
    const net = stack.use(await EcmpNet.create(count));
    const members = net.gateways.map((_, i) => `gw${i + 1}`);
    const start = (command: string, ...args: readonly string[]): Program =>
      net.engine.start(command, ...args);
    const engine = stack.use(await startEngine({ fleet: FLEET, members, address: ENGINE, start }));
    const secret = randomBytes(32);
    const keys = members.map((): FleetKey => ({ fleet: FLEET, secret, member: randomBytes(32) }));
    const lines = members.map((name, i) => {
      const { member } = keys[i] as FleetKey;
      return `${memberLine(name, memberKeyOf(member).point)} ${rights}`;
    });
    const hosts = members.map((name, i) => {
      const own = typeof doors === 'string' ? doors : doors(name);
      const files = { engine, key: keys[i] as FleetKey, members: lines, doors: own };
      return stack.use(new FleetHost(name, net.gateways[i] as Namespace, files));
    });
    stack.move();
    return new FleetFixture(net, engine, hosts);
  }

  async start(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.start()));
  }

  /** Debian's knock at the address of all gateways, from one of the client's addresses. */
  async knock(source: string, ports: readonly string[], options: readonly string[] = []): Promise<void> {
    const { client } = this.net;
    await client.ip(`addr replace ${source}/32 dev lo`);
    await client.ip(`route replace ${ANYCAST}/32 via ${CLIENT_NET}.1 src ${source}`);
    await client.run(C_KNOCK, ...options, ANYCAST, ...ports);
  }

  /** The same over IPv6. */
  async knock6(source: string, ports: readonly string[]): Promise<void> {
    const { client } = this.net;
    await client.ip(`-6 addr replace ${source}/128 dev lo nodad`);
    await client.ip(`-6 route replace ${ANYCAST6}/128 via fd06::1 src ${source}`);
    await client.run(C_KNOCK, '-6', ANYCAST6, ...ports);
  }

  /** The same at one gateway alone. */
  async knockAt(host: FleetHost, source: string, ports: readonly string[]): Promise<void> {
    const { client } = this.net;
    const address = `10.7.${this.hosts.indexOf(host) + 1}.1`;
    await client.ip(`addr replace ${source}/32 dev lo`);
    await client.ip(`route replace ${address}/32 via ${CLIENT_NET}.1 src ${source}`);
    await client.run(C_KNOCK, address, ...ports);
  }

  /** Until every host has these leases open and no others, with the same time left, and each in the kernel once. */
  async haveAll(door: string, sources: readonly string[], hosts = this.hosts): Promise<void> {
    const wanted = sources.map((source) => `${door} ${source}`).sort();
    await this.until(async () => {
      for (const host of hosts) {
        const open = [...(await host.leases()).keys()].filter((one) => one.startsWith(`${door} `)).sort();
        if (open.join() !== wanted.join()) return `${host.name} has ${open.join()}; wanted: ${wanted.join()}`;
        const admitted = await host.admitted(door);
        if (admitted.join() !== [...sources].sort().join()) return `${host.name} lets in ${admitted.join()}`;
      }
      return undefined;
    });
  }

  /** Until `whyNot` finds nothing wrong any more. */
  async until(whyNot: () => Promise<string | undefined>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const why = await whyNot();
      if (why === undefined) return;
      if (performance.now() > deadline) throw new Error(`${why}\n${this.logs}`);
      await delay(50);
    }
  }

  /** How often the line stands in the logs of all daemons together. */
  count(line: RegExp): number {
    return this.hosts.reduce((sum, { daemon }) => sum + daemon.count(line), 0);
  }

  /** Until it stands there so often. */
  async saw(line: RegExp, times: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.count(line) < times) {
      if (performance.now() > deadline)
        throw new Error(`${this.count(line)} of ${times} times ${line}\n${this.logs}`);
      await delay(20);
    }
  }

  get logs(): string {
    return this.hosts.map(({ name, daemon }) => `--- ${name}\n${daemon.output.slice(-2000)}`).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.hosts) await host[Symbol.asyncDispose]();
    await this.engine[Symbol.asyncDispose]();
    await this.net[Symbol.asyncDispose]();
  }
}

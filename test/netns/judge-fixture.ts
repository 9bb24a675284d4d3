import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { StrangerFate } from '../../src/core/firewall/judge/judge-stranger.ts';
import { GENERAL_PORT, strangersOf } from '../../src/core/firewall/judge/strangers.ts';
import type { Address, Family } from '../../src/core/net/address.ts';
import type { Program } from '../lab/program.ts';
import { CLIENT, CLIENT6, macsOf, SERVER, SERVER6, Wire } from '../lab/wire.ts';
import type { JudgeOrder, Mended, RuleLoad } from './judge-host.ts';
import type { ProbeOrder, RawProbe } from './raw-prober.ts';

const programFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
/** Where generated rules redirect to. */
export const REDIRECTED = 8022;
const PATIENCE_MS = 60_000;

export type JudgedPort = { readonly protocol: 'tcp' | 'udp'; readonly port: number };
export type Judged = JudgedPort & StrangerFate & { readonly family: Family };

/** What the judge says of a port, beside who of the world's strangers really got in, and from which source ports. */
export type Difference = {
  readonly judged: Judged;
  readonly got: readonly { readonly source: string; readonly sourcePort: number | 'any' }[];
  /** How many strangers knocked from an ordinary port. */
  readonly tried: number;
};

/**
 * A host with rules, and the world before it:
 *
 *     client, a router for all addresses       server
 *     eth0 10.7.0.2  fd07::2  ───────────────  eth0 10.7.0.1  fd07::1, default route there
 */
export class JudgeFixture implements AsyncDisposable {
  readonly wire: Wire;
  readonly #host: Program;
  readonly #prober: Program;
  readonly #place: Pick<ProbeOrder, 'macs' | 'index' | 'arp'>;
  /** What `compare` has typed, where it was to mend. */
  fixed: Mended = { commands: [] };
  #id = 0;
  #sourcePort: number;

  private constructor(
    wire: Wire,
    host: Program,
    prober: Program,
    place: Pick<ProbeOrder, 'macs' | 'index' | 'arp'>,
  ) {
    this.wire = wire;
    this.#host = host;
    this.#prober = prober;
    this.#place = place;
    this.#sourcePort = randomInt(34_000, 50_000);
  }

  static async create(): Promise<JudgeFixture> {
    const wire = await Wire.create();
    const { client, server } = wire;
    const macs = await macsOf(wire);
    for (const [family, address] of [
      ['-4', CLIENT],
      ['-6', CLIENT6],
    ] as const) {
      await server.ip(`${family} neigh replace ${address} lladdr ${macs.source} dev eth0 nud permanent`);
      await server.ip(`${family} route add default via ${address} dev eth0`);
    }
    const settings = [
      'net.ipv4.tcp_synack_retries=0',
      'net.core.somaxconn=8192',
      'net.ipv4.tcp_max_syn_backlog=8192',
      'net.ipv4.icmp_ratelimit=0',
      'net.ipv4.tcp_invalid_ratelimit=0',
      'net.ipv4.icmp_msgs_per_sec=1000000',
      'net.ipv4.icmp_msgs_burst=1000000',
      'net.ipv6.icmp.ratelimit=0',
    ];
    for (const setting of settings) await server.run('sysctl', '-qw', setting);
    const index = Number((await client.run('cat', '/sys/class/net/eth0/ifindex')).trim());
    const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
    const host = server.start(...node, programFile('judge-host.ts'));
    // On one CPU the packets are seen in the order in which they are sent.
    const prober = client.start('taskset', '-c', '0', ...node, programFile('raw-prober.ts'));
    await host.saw(/^ready/m);
    await prober.saw(/^ready/m);
    const arp = { from: CLIENT as Address, to: SERVER as Address };
    return new JudgeFixture(wire, host, prober, { macs, index, arp });
  }

  /** Loads the rules, has them judged, and knocks. `ports`: source ports that may make a difference. */
  async compare(
    load: RuleLoad,
    ports: readonly JudgedPort[],
    sourcePorts: readonly number[] = [],
    fix = false,
  ): Promise<Difference[]> {
    this.#id += 1;
    const families = [4, 6] as const;
    const listen = [
      ...ports.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port),
      REDIRECTED,
    ];
    const order: JudgeOrder = { id: this.#id, load, listen, ports, families, ...(fix ? { fix } : {}) };
    this.#host.write(`${JSON.stringify(order)}\n`);
    const [, json = ''] = await this.#host.saw(new RegExp(`^judged ${this.#id} (.*)$`, 'm'), 1, PATIENCE_MS);
    const judged = JSON.parse(json) as Judged[] | { readonly error: string };
    if ('error' in judged) throw new NotLoaded(judged.error);
    if (fix) this.fixed = await this.#readMended();
    // What a rule names is no stranger's address.
    const text = JSON.stringify(load);
    const strangers = ([4, 6] as const)
      .flatMap((family) => strangersOf(family))
      .filter(({ name }) => !text.includes(name));
    const probes = await this.#probe(
      judged,
      strangers.map(({ name }) => name),
      sourcePorts,
    );
    return judged.map((one) => ({
      judged: one,
      tried: strangers.filter(({ name }) => name.includes(':') === (one.family === 6)).length,
      got: probes
        .filter(({ of }) => of === one)
        .map(({ source, sourcePort }) => ({
          source,
          sourcePort: sourcePorts.includes(sourcePort) ? sourcePort : 'any',
        })),
    }));
  }

  /** It is printed before what is judged. */
  async #readMended(): Promise<Mended> {
    const [, json = ''] = await this.#host.saw(new RegExp(`^mended ${this.#id} (.*)$`, 'm'));
    return JSON.parse(json) as Mended;
  }

  async #probe(
    judged: readonly Judged[],
    strangers: readonly string[],
    sourcePorts: readonly number[],
  ): Promise<(RawProbe & { readonly of: Judged })[]> {
    // Each ruleset is knocked at from a port of its own: the kernel has tracked no such connection before.
    this.#sourcePort = this.#sourcePort >= 60_000 ? 34_000 : this.#sourcePort + 1;
    const probes = judged.flatMap((one) =>
      strangers
        .filter((name) => name.includes(':') === (one.family === 6))
        .flatMap((name) =>
          [this.#sourcePort, ...sourcePorts].map((sourcePort) => ({
            of: one,
            protocol: one.protocol,
            source: name as Address,
            sourcePort,
            destination: (one.family === 4 ? SERVER : SERVER6) as Address,
            port: one.port,
          })),
        ),
    );
    const order: ProbeOrder = { id: this.#id, ...this.#place, probes };
    this.#prober.write(`${JSON.stringify(order)}\n`);
    const [, list = ''] = await this.#prober.saw(
      new RegExp(`^probed ${this.#id} (.*);$`, 'm'),
      1,
      PATIENCE_MS,
    );
    return list === '' ? [] : list.split(',').flatMap((at) => probes[Number(at)] ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await this.#prober[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
  }
}

export const ORDINARY_PORT = GENERAL_PORT;

/** A ruleset that nft or iptables refuses. */
export class NotLoaded extends Error {}

/** What is wrong about a verdict; `undefined`: nothing. */
export function wrongness({ judged, got, tried }: Difference): string | undefined {
  const { kind, who, family, protocol, port } = judged;
  const name = `${protocol}/${port} over IPv${family}`;
  const ordinary = got.filter(({ sourcePort }) => sourcePort === 'any');
  if (kind === 'dropped' && got.length > 0)
    return `${name} is judged closed, and ${got[0]?.source} from ${got[0]?.sourcePort} got in`;
  if (kind !== 'in') return undefined;
  if (got.length === 0) return `${name} is judged open, and nobody got in`;
  if (who === undefined && ordinary.length !== tried)
    return `${name} is judged open to everybody, and ${ordinary.length} of ${tried} got in`;
  return undefined;
}

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { C_KNOCKD, KNOCKD, WorkDirectory } from '../test/netns/knockd.ts';
import { manyKnocks, sourcesOf } from '../test/netns/many-knocks.ts';
import type { Program } from '../test/netns/program.ts';
import { SERVER, Wire } from '../test/netns/wire.ts';
import { quantile } from './measure.ts';
import { hasPacketSocket } from './packet-statistics.ts';
import type { SubjectName } from './subject.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const SINGLE_PORTS = [7201, 7202, 7203];
const CROWD_PORTS = [7301, 7302, 7303];
export const CROWD = 1000;

/** What is not in place by then will not come. */
const UNHEARD_MS = 2000;
/** A crowd has been let in when nothing more has come for so long. */
const QUIET_MS = 1500;

export type OpeningTimes = {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly unheard: number;
  readonly crowdOpened: number;
  readonly crowdPerSecond: number;
};

export type Openings = Record<SubjectName, OpeningTimes> & {
  /** Bussa's time over knockd's, of knocks made one after the other: the median of the pairs. */
  readonly medianRatio: number;
};

const IPTABLES = '  start_command = /sbin/iptables -w -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\n';
const NATIVE = '  open = tcp/22\n  open_for = 1h\n';

const DAEMONS = {
  knockd: { command: [C_KNOCKD], options: '', opening: IPTABLES },
  Bussa: { command: KNOCKD, options: '[options]\n  firewall = nftables\n', opening: NATIVE },
} as const;

/**
 * How long after the kernel's stamp on the last packet of a sequence the opening is in place: a native door beside
 * knockd's start command with iptables, both told of by the kernel itself. They take turns, knock by knock.
 */
export async function measureOpenings(knocks: number): Promise<Openings> {
  await using knockd = await Watched.start('knockd', knocks);
  await using bussa = await Watched.start('Bussa', knocks);
  const pairs: [number | undefined, number | undefined][] = [];
  for (const source of sourcesOf(knocks)) pairs.push([await knockd.open(source), await bussa.open(source)]);
  const times = (index: 0 | 1): number[] => pairs.map((pair) => pair[index]).filter(isNumber);
  const ratios = pairs.map(([a, b]) => (isNumber(a) && isNumber(b) ? b / a : undefined)).filter(isNumber);
  return {
    knockd: { ...summary(times(0), knocks), ...(await knockd.openCrowd()) },
    Bussa: { ...summary(times(1), knocks), ...(await bussa.openCrowd()) },
    medianRatio: quantile(ratios.sort(ascending), 0.5),
  };
}

const ascending = (a: number, b: number): number => a - b;
const isNumber = (value: number | undefined): value is number => value !== undefined;

function summary(
  times: readonly number[],
  knocks: number,
): Pick<OpeningTimes, 'medianMs' | 'p99Ms' | 'unheard'> {
  const sorted = [...times].sort(ascending);
  return { medianMs: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), unheard: knocks - times.length };
}

/** A daemon on a wire of its own, with the kernel's word of its packets and of its firewall. */
class Watched implements AsyncDisposable {
  readonly #wire: Wire;
  readonly #directory: WorkDirectory;
  readonly #packets: Program;
  readonly #firewall: Program;
  readonly #sender: Program;

  private constructor(
    wire: Wire,
    directory: WorkDirectory,
    packets: Program,
    firewall: Program,
    sender: Program,
  ) {
    this.#wire = wire;
    this.#directory = directory;
    this.#packets = packets;
    this.#firewall = firewall;
    this.#sender = sender;
  }

  static async start(name: SubjectName, sources: number): Promise<Watched> {
    const wire = await Wire.create();
    const { client, server } = wire;
    await server.run('/sbin/iptables', '-w', '-P', 'INPUT', 'DROP');
    const add = sourcesOf(sources).map((source) => `addr add ${source}/32 dev eth0`);
    await client.run('sh', '-c', 'printf "%s\\n" "$0" | ip -batch -', add.join('\n'));
    const directory = new WorkDirectory();
    await startDaemon(name, wire, directory);
    const last = `udp dst port ${SINGLE_PORTS[2]} or tcp dst port ${CROWD_PORTS[2]}`;
    const packets = server.start(
      ...(['tcpdump', '-tt', '--time-stamp-precision=nano', '-nlB', '16384', '-i', 'eth0', last] as const),
    );
    await packets.saw(/listening on/);
    const firewall = server.start(...NODE, script('firewall-watch.ts'));
    await firewall.saw(/watching/);
    const sender = client.start(...NODE, script('source-sender.ts'), SERVER, ...SINGLE_PORTS.map(String));
    await sender.saw(/ready/);
    return new Watched(wire, directory, packets, firewall, sender);
  }

  /** Milliseconds from the last packet to the opening in place; `undefined` if it does not come. */
  async open(source: string): Promise<number | undefined> {
    const before = this.#inPlace().length;
    this.#sender.write(`${source}\n`);
    const escaped = source.replaceAll('.', '\\.');
    const [, sent = ''] = await this.#packets.saw(new RegExp(`^(\\S+) IP ${escaped}\\.`, 'm'));
    const seen = await this.#firewall.saw(/^in place .*\n/m, before + 1, UNHEARD_MS).catch(() => undefined);
    const opened = this.#inPlace()[before];
    return seen === undefined || opened === undefined
      ? undefined
      : Number(opened.at - nanosecondsOf(sent)) / 1e6;
  }

  async openCrowd(): Promise<Pick<OpeningTimes, 'crowdOpened' | 'crowdPerSecond'>> {
    const pcap = this.#directory.file('crowd.pcap');
    writeFileSync(pcap, await manyKnocks(this.#wire, CROWD, CROWD_PORTS, 'one by one'));
    const before = this.#inPlace().length;
    const inBefore = await this.#letIn();
    await this.#wire.client.run('tcpreplay', '--preload-pcap', '--topspeed', '-i', 'eth0', pcap);
    const [, first = ''] = await this.#packets.saw(new RegExp(`^(\\S+) IP .*\\.${CROWD_PORTS[2]}: `, 'm'));
    await this.#quiet();
    const last = this.#inPlace().slice(before).at(-1)?.at;
    const opened = (await this.#letIn()) - inBefore;
    const seconds = last === undefined ? Number.NaN : Number(last - nanosecondsOf(first)) / 1e9;
    return { crowdOpened: opened, crowdPerSecond: opened / seconds };
  }

  /** Leases that stand in the firewall: a source may have one at each of the two doors. */
  async #letIn(): Promise<number> {
    const rules = await this.#wire.server.run('nft', 'list', 'ruleset');
    return [...rules.matchAll(/\b10\.64\.\d+\.\d+\b/g)].length;
  }

  async #quiet(): Promise<void> {
    for (let before = -1; before !== this.#inPlace().length; ) {
      before = this.#inPlace().length;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
  }

  #inPlace(): { readonly at: bigint }[] {
    return [...this.#firewall.output.matchAll(/^in place (\d+)\n/gm)].map(([, at = '']) => ({
      at: BigInt(at),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of [this.#sender, this.#firewall, this.#packets]) await program[Symbol.asyncDispose]();
    await this.#wire[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

async function startDaemon(name: SubjectName, wire: Wire, directory: WorkDirectory): Promise<void> {
  const { command, options, opening } = DAEMONS[name];
  const door = (title: string, sequence: string, more: string): string =>
    `[${title}]\n  sequence = ${sequence}\n  seq_timeout = 5\n${more}${opening}\n`;
  const text = [
    options,
    door('single', SINGLE_PORTS.map((port) => `${port}:udp`).join(','), ''),
    door('crowd', CROWD_PORTS.join(','), '  tcpflags = syn\n'),
  ].join('\n');
  const [program, ...args] = command;
  const state = program === C_KNOCKD ? [] : ['--state', directory.path];
  const config = directory.file('knockd.conf', text);
  const daemon = wire.server.start(program as string, ...args, '-c', config, '-i', 'eth0', ...state);
  while (!(daemon.running && hasPacketSocket(daemon.pid))) {
    if (!daemon.running) throw new Error(`${name} has ended:\n${daemon.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `1700000000.123456789`. */
function nanosecondsOf(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

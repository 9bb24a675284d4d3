import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { C_KNOCKD, KNOCKD, WorkDirectory } from '../test/lab/knockd.ts';
import { manyKnocks, sourcesOf } from '../test/lab/many-knocks.ts';
import type { Program } from '../test/lab/program.ts';
import { SERVER, Wire } from '../test/lab/wire.ts';
import { FWKNOPD, knockWithFwknop, SPA_PORT, writeFwknopConfig } from './fwknop.ts';
import { hasPacketSocket } from './packet-statistics.ts';
import type { Samples } from './samples.ts';
import { QuickSigner, SIGNED_PORT } from './signed-traffic.ts';
import { pause } from './test-bed.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const SINGLE_PORTS = [7201, 7202, 7203];
const CROWD_PORTS = [7301, 7302, 7303];
export const CROWD = 1000;

/** A key may be used ten times a second. */
const USERS = 8;

/** What is not in place by then will not come. */
const UNHEARD_MS = 2000;
/** A crowd has been let in when nothing more has come for so long. */
const QUIET_MS = 1500;

const IPTABLES = '  start_command = /sbin/iptables -w -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\n';
const NATIVE = '  open = tcp/22\n  open_for = 1h\n';

const DAEMONS = {
  knockd: { command: [C_KNOCKD], options: '', opening: IPTABLES },
  'Bussa, commands': { command: KNOCKD, options: '', opening: IPTABLES },
  'Bussa, native': { command: KNOCKD, options: '[options]\n  firewall = nftables\n', opening: NATIVE },
  'Bussa, signed': { command: KNOCKD, options: '[options]\n  firewall = nftables\n', opening: NATIVE },
  fwknopd: { command: [FWKNOPD], options: '', opening: '' },
} as const;
export type Daemon = keyof typeof DAEMONS;

type WatchedParts = {
  readonly name: Daemon;
  readonly wire: Wire;
  readonly directory: WorkDirectory;
  readonly packets: Program;
  readonly firewall: Program;
  readonly sender: Program;
  readonly signer: QuickSigner;
};

/** A daemon on a wire of its own, with the kernel's word of its packets and of its firewall. */
export class Watched implements AsyncDisposable {
  readonly #name: Daemon;
  readonly #wire: Wire;
  readonly #directory: WorkDirectory;
  readonly #packets: Program;
  readonly #firewall: Program;
  readonly #sender: Program;

  readonly #signer: QuickSigner;
  #signed = 0;

  private constructor(parts: WatchedParts) {
    this.#name = parts.name;
    this.#wire = parts.wire;
    this.#directory = parts.directory;
    this.#packets = parts.packets;
    this.#firewall = parts.firewall;
    this.#sender = parts.sender;
    this.#signer = parts.signer;
  }

  static async start(name: Daemon, sources: number): Promise<Watched> {
    const wire = await Wire.create();
    const { client, server } = wire;
    await server.run('/sbin/iptables', '-w', '-P', 'INPUT', 'DROP');
    const add = sourcesOf(sources).map((source) => `addr add ${source}/32 dev eth0`);
    await client.run('sh', '-c', 'printf "%s\\n" "$0" | ip -batch -', add.join('\n'));
    const directory = new WorkDirectory();
    const signer = new QuickSigner(directory, USERS);
    await startDaemon(name, wire, directory, signer);
    const single = [SPA_PORT, SIGNED_PORT, SINGLE_PORTS[2]].map((port) => `udp dst port ${port}`);
    const last = [...single, `tcp dst port ${CROWD_PORTS[2]}`].join(' or ');
    const packets = server.start(
      ...(['tcpdump', '-tt', '--time-stamp-precision=nano', '-nlB', '16384', '-i', 'eth0', last] as const),
    );
    await packets.saw(/listening on/);
    const firewall = server.start(...NODE, script('firewall-watch.ts'));
    await firewall.saw(/watching/);
    const sender = client.start(...NODE, script('source-sender.ts'), SERVER, ...SINGLE_PORTS.map(String));
    await sender.saw(/ready/);
    return new Watched({ name, wire, directory, packets, firewall, sender, signer });
  }

  /** Milliseconds from the last packet to the opening in place; NaN if it does not come. */
  async open(source: string): Promise<number> {
    const before = this.#inPlace().length;
    const sent = await this.#knock(source);
    const seen = await this.#firewall.saw(/^in place .*\n/m, before + 1, UNHEARD_MS).catch(() => undefined);
    const opened = this.#inPlace()[before];
    return seen === undefined || opened === undefined
      ? Number.NaN
      : Number(opened.at - nanosecondsOf(sent)) / 1e6;
  }

  /** The time of the last packet. */
  async #knock(source: string): Promise<string> {
    if (this.#name === 'fwknopd') {
      const before = this.#packets.count(/^\S+ IP .*\n/gm);
      await knockWithFwknop(this.#wire.client, source);
      return (await this.#packets.saw(/^(\S+) IP .*\n/m, before + 1))[1] ?? '';
    }
    this.#sender.write(`${source}${this.#name === 'Bussa, signed' ? this.#signedKnock() : ''}\n`);
    const escaped = source.replaceAll('.', '\\.');
    return (await this.#packets.saw(new RegExp(`^(\\S+) IP ${escaped}\\.`, 'm')))[1] ?? '';
  }

  #signedKnock(): string {
    this.#signed += 1;
    return ` ${SIGNED_PORT} ${Buffer.from(this.#signer.knock(this.#signed)).toString('hex')}`;
  }

  async openCrowd(samples: Samples, name: 'Bussa' | 'knockd'): Promise<void> {
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
    samples.add('crowd.opened', name, opened);
    samples.add('crowd.perSecond', name, opened / seconds);
  }

  /** Leases that stand in the firewall: a source may have one at each of the two doors. */
  async #letIn(): Promise<number> {
    const rules = await this.#wire.server.run('nft', 'list', 'ruleset');
    return [...rules.matchAll(/\b10\.64\.\d+\.\d+\b/g)].length;
  }

  async #quiet(): Promise<void> {
    for (let before = -1; before !== this.#inPlace().length; ) {
      before = this.#inPlace().length;
      await pause(QUIET_MS);
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

async function startDaemon(
  name: Daemon,
  wire: Wire,
  directory: WorkDirectory,
  signer: QuickSigner,
): Promise<void> {
  const [program, ...args] = DAEMONS[name].command;
  const daemon = wire.server.start(program as string, ...args, ...optionsOf(name, directory, signer));
  while (!(daemon.running && hasPacketSocket(daemon.pid))) {
    if (!daemon.running) throw new Error(`${name} has ended:\n${daemon.output}`);
    await pause(10);
  }
  // fwknopd has its own rules in place before, and sets its filter only now.
  await pause(500);
}

function optionsOf(name: Daemon, directory: WorkDirectory, signer: QuickSigner): string[] {
  if (name === 'fwknopd') return writeFwknopConfig(directory, 7000);
  const { command, options, opening } = DAEMONS[name];
  const door = (title: string, sequence: string, more: string): string =>
    `[${title}]\n  sequence = ${sequence}\n  seq_timeout = 5\n${more}${opening}\n`;
  const isSigned = name === 'Bussa, signed';
  const text = [
    isSigned ? `${options}${signer.options}` : options,
    isSigned ? `[signed]\n  accept = key\n${opening}\n` : '',
    door('single', SINGLE_PORTS.map((port) => `${port}:udp`).join(','), ''),
    door('crowd', CROWD_PORTS.join(','), '  tcpflags = syn\n'),
  ].join('\n');
  const state = command === KNOCKD ? ['--state', directory.path] : [];
  return ['-c', directory.file('knockd.conf', text), '-i', 'eth0', ...state];
}

/** `1700000000.123456789`. */
function nanosecondsOf(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

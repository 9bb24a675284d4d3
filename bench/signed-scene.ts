import type { Macs } from '../test/lab/frame.ts';
import { KNOCKD, WorkDirectory } from '../test/lab/knockd.ts';
import { PayloadSender } from '../test/lab/payload-sender.ts';
import type { Program } from '../test/lab/program.ts';
import { CLIENT, macsOf, SERVER, Wire } from '../test/lab/wire.ts';
import { FWKNOPD, knockWithFwknop, SPA_PORT, writeFwknopConfig } from './fwknop.ts';
import { pause } from './ground.ts';
import { hasPacketSocket } from './packet-statistics.ts';
import { cpuMicros } from './process-usage.ts';
import type { Rate } from './replay.ts';
import { QuickSigner, SIGNED_PORT, writeDatagrams } from './signed-traffic.ts';

/** A signed knock opens `key`, a sequence opens `ports`. */
export const SEQUENCE = ['7000', '8000', '9000'] as const;

const doors = (signer: QuickSigner): string => `[options]
  firewall = nftables
${signer.options}
[key]
  accept = key
  open = tcp/22
  open_for = 1m

[ports]
  sequence = ${SEQUENCE.join(',')}
  seq_timeout = 5
  tcpflags = syn
  open = tcp/23
  open_for = 1
`;

export type Contestant = 'Bussa' | 'fwknopd';

/** One packet opens at either of them: a wire of its own, with the daemon at its other end. */
export class SignedScene implements AsyncDisposable {
  readonly name: Contestant;
  readonly wire: Wire;
  readonly daemon: Program;
  readonly signer: QuickSigner;
  readonly #directory: WorkDirectory;
  readonly #sender: PayloadSender;
  readonly #macs: Macs;
  #honest = 0;
  #files = 0;

  private constructor(parts: {
    readonly name: Contestant;
    readonly wire: Wire;
    readonly daemon: Program;
    readonly signer: QuickSigner;
    readonly directory: WorkDirectory;
    readonly sender: PayloadSender;
    readonly macs: Macs;
  }) {
    this.name = parts.name;
    this.wire = parts.wire;
    this.daemon = parts.daemon;
    this.signer = parts.signer;
    this.#directory = parts.directory;
    this.#sender = parts.sender;
    this.#macs = parts.macs;
  }

  static async open(name: Contestant, users: number): Promise<SignedScene> {
    const wire = await Wire.create();
    // As on a host that hides: nothing answers the noise, which leaves the machine to the daemon.
    await wire.server.run('/sbin/iptables', '-w', '-P', 'INPUT', 'DROP');
    const directory = new WorkDirectory();
    const signer = new QuickSigner(directory, users);
    const [program = '', ...words] = name === 'Bussa' ? KNOCKD : [FWKNOPD];
    const options =
      name === 'fwknopd'
        ? writeFwknopConfig(directory, 7000)
        : ['-v', '-c', directory.file('knockd.conf', doors(signer)), '-i', 'eth0', '--state', directory.path];
    const daemon = wire.server.start(program, ...words, ...options);
    while (!(daemon.running && hasPacketSocket(daemon.pid))) {
      if (!daemon.running) throw new Error(`${name} has ended:\n${daemon.output}`);
      await pause(10);
    }
    // The filter comes behind the socket, and what a start has left to do is over by then.
    await pause(1500);
    const sender = await PayloadSender.start(wire.client);
    const macs = await macsOf(wire);
    return new SignedScene({ name, wire, daemon, signer, directory, sender, macs });
  }

  get port(): number {
    return this.name === 'fwknopd' ? SPA_PORT : SIGNED_PORT;
  }

  write(payloads: readonly Uint8Array[]): string {
    this.#files += 1;
    const path = this.#directory.file(`datagrams-${this.#files}.pcap`);
    writeDatagrams(path, this.port, payloads, this.#macs);
    return path;
  }

  /** Sends a file of them over and over, until it is disposed of. */
  flood(path: string, rate: Rate): Program {
    const speed = rate === 'full speed' ? ['--topspeed'] : [`--pps=${rate}`];
    const options = ['-q', ...speed, '--preload-pcap', '--loop=1000000', '-i', 'eth0', path];
    return this.wire.client.start('tcpreplay', ...options);
  }

  /** Sends a file of them once. */
  async send(path: string, rate: Rate): Promise<void> {
    const speed = rate === 'full speed' ? ['--topspeed'] : [`--pps=${rate}`];
    await this.wire.client.run('tcpreplay', '-q', ...speed, '--preload-pcap', '-i', 'eth0', path);
  }

  /** One honest packet, of the next user. */
  async knock(): Promise<void> {
    this.#honest += 1;
    if (this.name === 'fwknopd') await knockWithFwknop(this.wire.client, `10.64.0.${this.#honest}`);
    else await this.#sender.send(CLIENT, SERVER, SIGNED_PORT, this.signer.knock(this.#honest));
  }

  /** Opened to honest packets so far. */
  get opened(): number {
    return this.daemon.count(
      this.name === 'fwknopd' ? /Added access rule to/g : /: key: \w+: OPEN SESAME \(key/g,
    );
  }

  get cpuMicros(): number {
    return cpuMicros(this.daemon.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
    await this.daemon.stop('SIGTERM', 5000);
    await this.daemon[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

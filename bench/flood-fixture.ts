import type { Macs } from '../test/lab/frame.ts';
import { BUSSA, WorkDirectory } from '../test/lab/knockd.ts';
import { PayloadSender } from '../test/lab/payload-sender.ts';
import type { Program } from '../test/lab/program.ts';
import { macsOf, Wire } from '../test/lab/wire.ts';
import { hasPacketSocket } from './packet-statistics.ts';
import { cpuMicros } from './process-usage.ts';
import type { Rate } from './replay.ts';
import { type Datagram, writeDatagrams } from './signed-traffic.ts';
import { pause } from './test-bed.ts';

export type Contestant = 'Bussa' | 'fwknopd';

export type SceneParts = {
  readonly name: Contestant;
  readonly wire: Wire;
  readonly daemon: Program;
  readonly directory: WorkDirectory;
  readonly sender: PayloadSender;
  readonly macs: Macs;
};

/** `command`: of the daemon, which may write its files into the directory. */
export async function openFlood(
  name: Contestant,
  command: (directory: WorkDirectory) => readonly string[],
): Promise<SceneParts> {
  const wire = await Wire.create();
  // As on a host that hides: nothing answers the noise, which leaves the machine to the daemon.
  await wire.server.run('/sbin/iptables', '-w', '-P', 'INPUT', 'DROP');
  const directory = new WorkDirectory();
  const [program = '', ...words] = command(directory);
  const daemon = wire.server.start(program, ...words);
  while (!(daemon.running && hasPacketSocket(daemon.pid))) {
    if (!daemon.running) throw new Error(`${name} has ended:\n${daemon.output}`);
    await pause(10);
  }
  // The filter comes behind the socket, and what a start has left to do is over by then.
  await pause(1500);
  const sender = await PayloadSender.start(wire.client);
  const macs = await macsOf(wire);
  return { name, wire, daemon, directory, sender, macs };
}

/** One packet opens at either of them: a wire of its own, with the daemon at its other end. */
export abstract class FloodFixture implements AsyncDisposable {
  readonly name: Contestant;
  readonly wire: Wire;
  readonly daemon: Program;
  protected readonly directory: WorkDirectory;
  protected readonly sender: PayloadSender;
  readonly #macs: Macs;
  #files = 0;

  protected constructor({ name, wire, daemon, directory, sender, macs }: SceneParts) {
    this.name = name;
    this.wire = wire;
    this.daemon = daemon;
    this.directory = directory;
    this.sender = sender;
    this.#macs = macs;
  }

  abstract get port(): number;

  /** A capture file of them, each from a source of its own. */
  write(payloads: readonly Uint8Array[]): string {
    return this.writeAll(payloads.map((payload) => [{ port: this.port, payload }]));
  }

  /** The same of sources that send more than one. */
  protected writeAll(sources: readonly (readonly Datagram[])[]): string {
    this.#files += 1;
    const path = this.directory.file(`datagrams-${this.#files}.pcap`);
    writeDatagrams(path, sources, this.#macs);
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

  /** What Bussa says of itself, its configuration being `knockd.conf` in the directory. */
  protected async status<Part>(): Promise<Part> {
    const { path } = this.directory;
    const [bussa = '', ...words] = [...BUSSA, 'status', '--json', '-i', 'eth0', '--state', path];
    return JSON.parse(await this.wire.server.run(bussa, ...words, '-c', `${path}/knockd.conf`));
  }

  get cpuMicros(): number {
    return cpuMicros(this.daemon.pid);
  }

  async shareOfCore(ms: number): Promise<number> {
    const [cpu, at] = [this.cpuMicros, performance.now()];
    await pause(ms);
    return (this.cpuMicros - cpu) / 1000 / (performance.now() - at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sender[Symbol.asyncDispose]();
    await this.daemon.stop('SIGTERM', 5000);
    await this.daemon[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

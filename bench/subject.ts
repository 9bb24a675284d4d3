import { execFileSync } from 'node:child_process';
import { createReadStream, type ReadStream } from 'node:fs';
import { C_KNOCK, C_KNOCKD, KNOCKD, WorkDirectory } from '../test/netns/knockd.ts';
import type { Namespace } from '../test/netns/namespace.ts';
import type { Program } from '../test/netns/program.ts';
import { SERVER, Wire } from '../test/netns/wire.ts';
import type { Macs } from '../test/parity/frame.ts';
import { FIRST_PORT } from './noise.ts';
import { hasPacketSocket } from './packet-statistics.ts';

/** The ports of the honest knock, of which the noise hits the first, and of the one whose time is taken. */
export const HONEST_PORTS = [FIRST_PORT, 8000, 9000].map(String);
export const TIMED_PORTS = ['7101', '7102', '7103'];

export const SUBJECTS = { knockd: [C_KNOCKD], Bussa: KNOCKD } as const satisfies Record<
  string,
  readonly string[]
>;
export type SubjectName = keyof typeof SUBJECTS;

/** A daemon on a wire of its own; its doors report each opening through a FIFO, after the rule is in place. */
export class Subject implements AsyncDisposable {
  readonly wire: Wire;
  readonly pid: number;
  readonly #program: Program;
  readonly #directory: WorkDirectory;
  readonly #fifo: ReadStream;
  #honest = 0;
  #timed: ((at: bigint) => void) | undefined;

  private constructor(wire: Wire, directory: WorkDirectory, program: Program, fifo: string) {
    this.wire = wire;
    this.pid = program.pid;
    this.#directory = directory;
    this.#program = program;
    // Read and write: it never comes to its end.
    this.#fifo = createReadStream(fifo, { flags: 'r+', encoding: 'utf8' });
    this.#fifo.on('data', (text) => {
      const at = process.hrtime.bigint();
      this.#honest += `${text}`.split('honest').length - 1;
      if (`${text}`.includes('timed')) this.#timed?.(at);
    });
  }

  static async start(name: SubjectName): Promise<Subject> {
    const wire = await Wire.create();
    // As on a host that hides: nothing answers the noise, which leaves the machine to the daemon.
    await wire.server.run('/sbin/iptables', '-w', '-P', 'INPUT', 'DROP');
    const directory = new WorkDirectory();
    const fifo = directory.file('fifo');
    execFileSync('mkfifo', [fifo]);
    const [program, ...options] = SUBJECTS[name];
    const state = program !== C_KNOCKD ? ['--state', directory.path] : [];
    const config = directory.file('knockd.conf', configText(fifo));
    const daemon = wire.server.start(program as string, ...options, '-c', config, '-i', 'eth0', ...state);
    const subject = new Subject(wire, directory, daemon, fifo);
    while (!(daemon.running && hasPacketSocket(daemon.pid))) {
      if (!daemon.running) throw new Error(`${name} has ended:\n${daemon.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return subject;
  }

  /** Doors opened to the honest knocker so far. */
  get honestOpenings(): number {
    return this.#honest;
  }

  async knockHonestly(): Promise<void> {
    await this.wire.client.run(C_KNOCK, SERVER, ...HONEST_PORTS);
  }

  async macs(): Promise<Macs> {
    const address = async (namespace: Namespace): Promise<string> =>
      (await namespace.run('cat', '/sys/class/net/eth0/address')).trim();
    return { source: await address(this.wire.client), destination: await address(this.wire.server) };
  }

  /** The next opening of the timed door: nanoseconds of CLOCK_MONOTONIC when its report arrived. */
  timedOpening(): Promise<bigint> {
    const { promise, resolve } = Promise.withResolvers<bigint>();
    this.#timed = resolve;
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fifo.destroy();
    await this.#program[Symbol.asyncDispose]();
    // The read that is under way ends with one more line.
    execFileSync('sh', ['-c', 'echo end 1<> "$0"', this.#directory.file('fifo')]);
    await this.wire[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

const configText = (fifo: string): string => `[honest]
  sequence = ${HONEST_PORTS.join(',')}
  seq_timeout = 5
  tcpflags = syn
  command = echo honest > ${fifo}

[timed]
  sequence = ${TIMED_PORTS.map((port) => `${port}:udp`).join(',')}
  seq_timeout = 5
  command = /sbin/iptables -w -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; echo timed > ${fifo}
`;

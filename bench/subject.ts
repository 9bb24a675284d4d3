import { execFileSync } from 'node:child_process';
import { createReadStream, type ReadStream } from 'node:fs';
import { C_KNOCK, C_KNOCKD, KNOCKD, WorkDirectory } from '../test/lab/knockd.ts';
import type { Program } from '../test/lab/program.ts';
import { CLIENT, SERVER } from '../test/lab/wire.ts';
import { FWKNOPD, knockWithFwknop, writeFwknopConfig } from './fwknop.ts';
import { FIRST_PORT } from './noise.ts';
import { hasPacketSocket } from './packet-statistics.ts';
import type { Contender } from './samples.ts';
import { pause, type TestBed } from './test-bed.ts';

/** The ports of the honest knock, of which the noise hits the first. */
const HONEST_PORTS = [FIRST_PORT, 8000, 9000].map(String);

/** Doors that run a command, or doors in the kernel; `patient` ones keep attempts for ten minutes. */
export type Doors = 'commands' | 'native' | 'patient';

/** A contender that listens on the ground's wire; it reports each opening to the honest knocker. */
export class Subject implements AsyncDisposable {
  readonly name: Contender;
  readonly program: Program;
  readonly #ground: TestBed;
  readonly #directory: WorkDirectory;
  readonly #fifo: ReadStream;
  #honest = 0;

  private constructor(name: Contender, ground: TestBed, doors: Doors) {
    this.name = name;
    this.#ground = ground;
    this.#directory = new WorkDirectory();
    const fifo = this.#directory.file('fifo');
    execFileSync('mkfifo', [fifo]);
    // Read and write: it never comes to its end.
    this.#fifo = createReadStream(fifo, { flags: 'r+', encoding: 'utf8' });
    this.#fifo.on('data', (text) => {
      this.#honest += `${text}`.split('honest').length - 1;
    });
    this.program = ground.wire.server.start(...commandLine(name, this.#directory, configText(fifo, doors)));
  }

  /** Starts it; it may not be listening yet. */
  static begin(name: Exclude<Contender, 'kernel'>, ground: TestBed, doors: Doors): Subject {
    return new Subject(name, ground, doors);
  }

  /** Starts it, and returns when it listens. */
  static async start(name: Contender, ground: TestBed, doors: Doors): Promise<Subject> {
    const subject = new Subject(name, ground, doors);
    const { program } = subject;
    if (name === 'kernel') {
      await program.saw(/ready/);
      return subject;
    }
    while (!(program.running && hasPacketSocket(program.pid))) {
      if (!program.running) throw new Error(`${name} has ended:\n${program.output}`);
      await pause(5);
    }
    // libpcap sets its filter after it has bound its socket, and fwknopd writes rules before.
    await pause(100);
    return subject;
  }

  /** Of all its threads CPU time can be read; of the kernel alone not. */
  get pid(): number | undefined {
    return this.name === 'kernel' ? undefined : this.program.pid;
  }

  /** Doors opened to the honest knocker so far. */
  async honestOpenings(): Promise<number> {
    if (this.name === 'fwknopd') return this.program.count(/received with access source match/g);
    if (this.name === 'kernel') return this.kernelCounter('opened');
    return this.#honest;
  }

  async knockHonestly(): Promise<void> {
    const { client } = this.#ground.wire;
    if (this.name === 'fwknopd') await knockWithFwknop(client, CLIENT);
    else await client.run(C_KNOCK, SERVER, ...HONEST_PORTS);
  }

  async kernelCounter(name: 'taken' | 'opened'): Promise<number> {
    const text = await this.#ground.wire.server.run('nft', 'list', 'counter', 'inet', 'knocking', name);
    return Number(/packets (\d+)/.exec(text)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fifo.destroy();
    // An orderly end takes the contender's own rules away.
    await this.program.stop('SIGTERM', 5000);
    await this.program[Symbol.asyncDispose]();
    if (this.name === 'kernel')
      await this.#ground.wire.server.run('nft', 'delete', 'table', 'inet', 'knocking');
    // The read that is under way ends with one more line.
    execFileSync('sh', ['-c', 'echo end 1<> "$0"', this.#directory.file('fifo')]);
    this.#directory[Symbol.dispose]();
  }
}

let tcpdumpFilter = '';

/** The filter that tcpdump is to use: the one that Bussa prints of the same doors. */
export async function readCaptureFilter(ground: TestBed): Promise<void> {
  using directory = new WorkDirectory();
  const config = directory.file('knockd.conf', configText('/dev/null', 'commands'));
  const [program, ...args] = KNOCKD;
  await using bussa = ground.wire.server.start(
    program as string,
    ...[...args, '-D', '-c', config, '-i', 'eth0', '--state', directory.path],
  );
  const [, filter = ''] = await bussa.saw(/^capture filter: (.*)\n/m);
  tcpdumpFilter = filter;
}

type CommandLine = [string, ...string[]];

function commandLine(name: Contender, directory: WorkDirectory, config: string): CommandLine {
  switch (name) {
    case 'tcpdump':
      return ['tcpdump', '-n', '-i', 'eth0', '-w', '/dev/null', tcpdumpFilter];
    case 'fwknopd':
      return [FWKNOPD, ...writeFwknopConfig(directory, FIRST_PORT)];
    case 'kernel':
      return ['sh', '-c', 'nft -f "$0" && echo ready && exec cat', directory.file('rules', KERNEL_RULES)];
    default: {
      const file = directory.file('knockd.conf', config);
      const bussa = name === 'Bussa';
      const state = bussa ? ['--state', directory.path] : [];
      return [...(bussa ? KNOCKD : [C_KNOCKD]), '-c', file, '-i', 'eth0', ...state] as unknown as CommandLine;
    }
  }
}

function configText(fifo: string, doors: Doors): string {
  const native = doors === 'native';
  const opening = native ? 'open = tcp/22\n  open_for = 10s' : `command = echo honest > ${fifo}`;
  return `${native ? '[options]\n  firewall = nftables\n' : ''}[honest]
  sequence = ${HONEST_PORTS.join(',')}
  seq_timeout = ${doors === 'patient' ? 600 : 5}
  tcpflags = syn
  ${opening}

[probe]
  sequence = 62201:udp,62202:udp
  ${native ? 'open = tcp/23' : 'command = true'}
`;
}

/** The same door in the kernel alone. Sets are as large as Bussa's table, for what finds no room cannot knock. */
const KERNEL_RULES = `table inet knocking {
  counter taken { }
  counter opened { }
  set first { type ipv4_addr; flags dynamic,timeout; size 1048576; timeout 5s; }
  set second { type ipv4_addr; flags dynamic,timeout; size 1048576; timeout 5s; }
  set open { type ipv4_addr; flags dynamic,timeout; size 1048576; timeout 10s; }
  chain input {
    type filter hook input priority -10; policy accept;
    tcp flags != syn accept
    tcp dport ${HONEST_PORTS[0]} counter name taken update @first { ip saddr }
    tcp dport ${HONEST_PORTS[1]} ip saddr @first update @second { ip saddr }
    tcp dport ${HONEST_PORTS[2]} ip saddr @second counter name opened update @open { ip saddr }
  }
}
`;

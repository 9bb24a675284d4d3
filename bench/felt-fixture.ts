import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Link, openLink } from '../test/lab/delayed-wire.ts';
import { BUSSA, WorkDirectory } from '../test/lab/knockd.ts';
import type { Program } from '../test/lab/program.ts';
import { AgentProcess } from '../test/lab/ssh-agent.ts';
import { CLIENT, SERVER } from '../test/lab/wire.ts';
import { FWKNOPD, fwknopCommand, writeFwknopConfig } from './fwknop.ts';
import { hasPacketSocket } from './packet-statistics.ts';
import { pause } from './test-bed.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const TIMER = fileURLToPath(new URL('client-timer.ts', import.meta.url));
const RAN = /^ran (\d+) (\d+)\n/m;

/** sshd listens behind the door, and at a port that is open. */
export const HIDDEN = 22;
const OPEN = 2222;
/** Shut by a rule of iptables, which fwknopd opens, and not by Bussa. */
const FWKNOP_SHUT = 2022;

export const PORTS = ['7501', '7502', '7503'] as const;

const config = (directory: WorkDirectory): string => `[options]
  firewall   = nftables
  Users_File = ${directory.file('users.conf')}
  Server_Key = ${directory.file('server.key')}

[ssh]
  sequence    = ${PORTS.join(',')}
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/${HIDDEN}
  open_for    = 5m
`;

/** A client, a server with a real sshd behind a door of Bussa's, and so many milliseconds between them. */
export class FeltFixture implements AsyncDisposable {
  readonly link: Link;
  readonly #directory = new WorkDirectory();
  readonly #programs: Program[] = [];
  #timer: Program | undefined;
  #agent: AgentProcess | undefined;
  #card = '';
  #ran = 0;

  private constructor(link: Link) {
    this.link = link;
  }

  static async open(oneWayMs: number): Promise<FeltFixture> {
    const stage = new FeltFixture(await openLink(oneWayMs));
    await stage.#startServer();
    stage.#timer = stage.#keep(stage.link.client.start(...NODE, TIMER));
    await stage.#timer.saw(/ready/);
    return stage;
  }

  /** `answers`: whether the host resets what nobody listens to, or drops it as most do that hide. */
  async setPolicy(policy: 'answers' | 'drops'): Promise<void> {
    const rules = `table inet walls {}
delete table inet walls
table inet walls { chain input {
  type filter hook input priority 10; policy ${policy === 'answers' ? 'accept' : 'drop'};
  ct state established,related accept
  meta l4proto { icmp, ipv6-icmp } accept
  tcp dport { ${HIDDEN}, ${OPEN}, ${FWKNOP_SHUT} } accept
}
}`;
    await this.link.server.run('nft', rules);
  }

  /** Milliseconds of `true` on the server, from the start of the client's first program. */
  async time(command: readonly string[]): Promise<number> {
    this.#timer?.write(`${JSON.stringify(command)}\n`);
    this.#ran += 1;
    const [, start = '', end = ''] = (await this.#timer?.saw(RAN, this.#ran)) ?? [];
    return Number(BigInt(end) - BigInt(start)) / 1e6;
  }

  /** ssh to a port that is open. */
  open(): string[] {
    return this.#ssh(['-p', `${OPEN}`]);
  }

  hidden(): string[] {
    return this.#ssh(['-p', `${HIDDEN}`]);
  }

  /** ssh through `bussa connect` with these lines in the host's profile. */
  through(profile: string, port = HIDDEN): string[] {
    return this.#proxied(`  Knock ${PORTS.join(' ')}\n${profile}`, port);
  }

  #proxied(profile: string, port: number): string[] {
    const name = `hosts-${createHash('sha256').update(profile).digest('hex').slice(0, 8)}`;
    const hosts = this.#directory.file(name, `Host ${SERVER}\n${profile}`);
    return this.#ssh(['-p', `${port}`, '-o', `ProxyCommand=${BUSSA.join(' ')} connect -F ${hosts} %h %p`]);
  }

  /** ssh through `bussa connect` by the key that an SSH agent has. */
  byKey(): string[] {
    return this.#proxied(`  Card ${this.#card}\n  IdentityAgent ${this.#agent?.socket}\n`, HIDDEN);
  }

  afterFwknop(): string[] {
    const words = fwknopCommand(CLIENT, FWKNOP_SHUT);
    const line = `${words.map((word) => `'${word}'`).join(' ')} >/dev/null && exec "$@"`;
    return ['sh', '-c', line, 'sh', ...this.#ssh(['-p', `${FWKNOP_SHUT}`])];
  }

  /** Lets nobody in any more. */
  async shut(): Promise<void> {
    const [bussa = '', ...words] = BUSSA;
    await this.link.server.run(bussa, ...words, 'close', '--all', '--state', this.#directory.path);
    await this.link.server.run('/sbin/iptables', '-w', '-F', 'FWKNOP_INPUT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.[Symbol.asyncDispose]();
    for (const program of this.#programs.reverse()) {
      await program.stop('SIGTERM', 5000);
      await program[Symbol.asyncDispose]();
    }
    await this.link[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  async #startServer(): Promise<void> {
    const directory = this.#directory;
    const { server } = this.link;
    for (const name of ['host-key', 'key'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', directory.file(name)]);
    const words = [
      `Port ${HIDDEN}\nPort ${OPEN}\nPort ${FWKNOP_SHUT}`,
      `HostKey ${directory.file('host-key')}`,
      `AuthorizedKeysFile ${directory.file('key')}.pub`,
      'PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nUseDNS no',
    ];
    // Its service makes it otherwise.
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const sshd = this.#keep(
      server.start('/usr/sbin/sshd', '-D', '-e', '-f', directory.file('sshd_config', words.join('\n'))),
    );
    await sshd.saw(/Server listening on :: port/, 3);
    await this.#startDaemon();
    await this.#startFwknopd();
  }

  /** With a user whose key an SSH agent has. */
  async #startDaemon(): Promise<void> {
    const directory = this.#directory;
    const { server } = this.link;
    const [bussa = '', ...words] = BUSSA;
    const place = ['-c', directory.file('knockd.conf', config(directory)), '--state', directory.path];
    const daemon = this.#keep(server.start(bussa, ...words, 'up', ...place));
    await daemon.saw(/listening on .*\.\.\.\n/);
    const user = ['user', 'add', 'alice', `${directory.file('key')}.pub`, '--door', 'ssh'];
    const added = await server.run(bussa, ...words, ...user, ...place);
    this.#card = /bussa1-\S+/.exec(added)?.[0] ?? '';
    this.#agent = await AgentProcess.start(directory.file('agent'));
    this.#agent.add(directory.file('key'));
  }

  async #startFwknopd(): Promise<void> {
    const { server } = this.link;
    const rule = ['INPUT', '-p', 'tcp', '--dport', `${FWKNOP_SHUT}`, '--syn', '-j', 'DROP'];
    await server.run('/sbin/iptables', '-w', '-A', ...rule);
    const fwknopd = this.#keep(server.start(FWKNOPD, ...writeFwknopConfig(this.#directory, FWKNOP_SHUT)));
    while (!(fwknopd.running && hasPacketSocket(fwknopd.pid))) {
      if (!fwknopd.running) throw new Error(`fwknopd has ended:\n${fwknopd.output}`);
      await pause(5);
    }
    await pause(100);
  }

  #keep(program: Program): Program {
    this.#programs.push(program);
    return program;
  }

  #ssh(words: readonly string[]): string[] {
    const { path } = this.#directory;
    const options = [
      `UserKnownHostsFile=${path}/known-hosts`,
      'StrictHostKeyChecking=no',
      'BatchMode=yes',
      'LogLevel=ERROR',
      `IdentityFile=${path}/key`,
      'IdentitiesOnly=yes',
    ];
    const all = options.flatMap((option) => ['-o', option]);
    return ['ssh', '-F', 'none', ...all, ...words, `${userInfo().username}@${SERVER}`, 'true'];
  }
}

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parseBussaCommand } from '../../../src/cli/bussa/bussa-options.ts';
import { TerminalOutput } from '../../../src/cli/bussa/output.ts';
import { STDERR, STDOUT } from '../../../src/cli/process/print.ts';
import { PLATFORM } from '../../../src/host/platform/platform.ts';
import { Scratch } from '../../lab/child-module.ts';
import { BUSSA as COMMAND } from '../../lab/knockd.ts';

const BUSSA = COMMAND[0] as string;

export type Run = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** A directory with a configuration, and verbs of `bussa` run on it. */
export class UserFixture implements Disposable {
  readonly scratch = new Scratch();
  readonly #place: readonly string[];

  constructor(doors = '# the way in\n[ssh]\n\tsequence = 7123,4234\n\topen = tcp/22\n') {
    const { scratch } = this;
    const options = `[options]\n\tUsers_File = ${this.users}\n\tServer_Key = ${this.key}\n`;
    writeFileSync(this.config, `# mine\n${options}\n${doors}`, { mode: 0o600 });
    this.#place = ['-c', this.config, '--state', scratch.file('state')];
  }

  get config(): string {
    return this.scratch.file('knockd.conf');
  }

  get users(): string {
    return this.scratch.file('bussa/users.conf');
  }

  get key(): string {
    return this.scratch.file('bussa/server.key');
  }

  /** In this process: a program that is started for it takes ten times as long. */
  run(...args: readonly string[]): Promise<Run> {
    return this.runAlone(...args, ...this.#place);
  }

  /** Without the words that choose a daemon. */
  async runAlone(...args: readonly string[]): Promise<Run> {
    const command = parseBussaCommand(args, process.env, PLATFORM);
    assert.ok(command.kind === 'action', args.join(' '));
    const said = ['', '', ''];
    const output = new TerminalOutput(command.json, (fd, text) => {
      said[fd] += text;
      return true;
    });
    const status = await command.action(output);
    output.end(status);
    return { status, stdout: said[STDOUT] ?? '', stderr: said[STDERR] ?? '' };
  }

  /** The program itself. */
  runProgram(...args: readonly string[]): Run {
    const all = [...args, ...this.#place];
    const { status, stdout, stderr } = spawnSync(BUSSA, all, { encoding: 'utf8', timeout: 60_000 });
    return { status, stdout, stderr };
  }

  /** The same in a network of its own, whose connections have these local ports. */
  runWithLocalPorts(range: string, ...args: readonly string[]): Run {
    const script = `echo ${range} > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"`;
    const all = ['--net', 'sh', '-c', script, 'sh', BUSSA, ...args, ...this.#place];
    const { status, stdout, stderr } = spawnSync('unshare', all, { encoding: 'utf8', timeout: 60_000 });
    return { status, stdout, stderr };
  }

  /** Resolves to the exit status. */
  async start(...args: readonly string[]): Promise<number | null> {
    const child = spawn(BUSSA, [...args, ...this.#place], { stdio: 'ignore' });
    const [status] = (await once(child, 'exit')) as [number | null];
    return status;
  }

  async json(...args: readonly string[]) {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    assert.equal(status, 0, stderr + stdout);
    return JSON.parse(stdout) as Record<string, unknown> & {
      card: string;
      users: { name: string; off: boolean }[];
    };
  }

  writeUsers(text: string): void {
    writeFileSync(this.users, text, { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}

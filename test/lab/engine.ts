import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { aclLine, certificateScript, engineConfig, NOBODY_ELSE } from '../../src/core/fleet/engine-rules.ts';
import { Program } from './program.ts';
import { TempDirectory } from './temp-directory.ts';

/** Starts a program where the engine is to run: here, or in a namespace. */
export type StartProgram = (command: string, ...args: readonly string[]) => Program;

const startHere: StartProgram = (command, ...args) => new Program(command, args);

export type EngineWishes = {
  readonly fleet: string;
  readonly members: readonly string[];
  /** Where it listens. Default: 127.0.0.1 and any free port. */
  readonly address?: string;
  readonly port?: number;
  readonly start?: StartProgram;
  /** Lines behind those that `bussa fleet init` prints. */
  readonly more?: readonly string[];
};

/**
 * A real engine, set up as `bussa fleet init` prints it: TLS with client certificates, and a user for each member, whose
 * password is its name twice. An administrator has the same rights as root at its socket.
 */
export class LabEngine implements AsyncDisposable {
  readonly port: number;
  readonly address: string;
  readonly #directory: TempDirectory;
  readonly #wishes: EngineWishes;
  #server: Program;

  private constructor(directory: TempDirectory, port: number, wishes: EngineWishes) {
    this.#directory = directory;
    this.#wishes = wishes;
    this.port = port;
    this.address = wishes.address ?? '127.0.0.1';
    this.#server = this.#spawn();
  }

  static async start(wishes: EngineWishes, certificates?: Certificates): Promise<LabEngine> {
    const directory = new TempDirectory();
    const port = wishes.port ?? (await freePort());
    const { fleet, members, address = '127.0.0.1', more = [] } = wishes;
    const at = directory.path;
    if (certificates === undefined) makeCertificates(at, [address], members);
    else cpSync(certificates.path, at, { recursive: true });
    const rules = members.map((member) => aclLine(fleet, member, sha256(passwordOf(member))));
    writeFileSync(join(at, 'users.acl'), [NOBODY_ELSE, ADMINISTRATOR, ...rules, ''].join('\n'));
    const lines = [
      ...engineConfig(at, port),
      `bind ${address}`,
      `dir ${at}`,
      `unixsocket ${join(at, 'socket')}`,
      'unixsocketperm 700',
      'save ""',
      'loglevel notice',
      ...more,
    ];
    writeFileSync(join(at, 'engine.conf'), `${lines.join('\n')}\n`);
    const engine = new LabEngine(directory, port, wishes);
    await engine.#ready();
    return engine;
  }

  /** As `engine =` has it, for that member. */
  urlFor(member: string): string {
    const host = this.address.includes(':') ? `[${this.address}]` : this.address;
    return `valkeys://${member}@${host}:${this.port}`;
  }

  /** The directory of a member's files (`--files`). */
  filesFor(member: string): string {
    return memberFiles(this.#directory.path, member);
  }

  get pid(): number {
    return this.#server.pid;
  }

  get output(): string {
    return this.#server.output;
  }

  /** What the administrator orders. */
  async order(...words: readonly string[]): Promise<string> {
    const socket = join(this.#directory.path, 'socket');
    await using program = new Program('redis-cli', [
      '-s',
      socket,
      '--user',
      'root',
      '--pass',
      'root',
      '--no-auth-warning',
      ...words,
    ]);
    await program.exited;
    return program.output.trimEnd();
  }

  /** It is gone at once, as in a crash. */
  async kill(): Promise<void> {
    await this.#server.stop('SIGKILL');
  }

  /** Again, with what is on its disk. */
  async restart(): Promise<void> {
    this.#server = this.#spawn();
    await this.#ready();
  }

  /** Copies what is on the disk now; `restore` puts it back, while it does not run. */
  backup(): () => void {
    const from = join(this.#directory.path, 'appendonlydir');
    const to = this.#directory.file(`backup-${Date.now()}`);
    cpSync(from, to, { recursive: true });
    return () => {
      execFileSync('rm', ['-rf', from]);
      cpSync(to, from, { recursive: true });
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  #spawn(): Program {
    const start = this.#wishes.start ?? startHere;
    return start('redis-server', join(this.#directory.path, 'engine.conf'));
  }

  async #ready(): Promise<void> {
    await this.#server.saw(/Ready to accept connections/);
  }
}

/** Certificates for several engines: one authority, names of all. */
export type Certificates = TempDirectory;

export const passwordOf = (member: string): string => `${member}${member}`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const ADMINISTRATOR = `user root on #${sha256('root')} ~* &* +@all`;

/** By the commands that `bussa fleet init` prints. */
export function makeCertificates(
  directory: string,
  names: readonly string[],
  members: readonly string[],
): void {
  const script = certificateScript(directory, names, members).join('\n');
  execFileSync('sh', ['-e', '-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** A directory with the names that the carrier looks for. */
function memberFiles(at: string, member: string): string {
  const files = join(at, `files-${member}`);
  mkdirSync(files, { recursive: true });
  cpSync(join(at, 'ca.pem'), join(files, 'ca.pem'));
  cpSync(join(at, `${member}.pem`), join(files, 'client.pem'));
  cpSync(join(at, `${member}.key`), join(files, 'client.key'));
  writeFileSync(join(files, 'password'), `${passwordOf(member)}\n`, { mode: 0o600 });
  return files;
}

/** One that nobody listens at now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

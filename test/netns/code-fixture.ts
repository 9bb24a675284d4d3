import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BUSSA, C_KNOCK, fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { SERVER, Wire } from '../lab/wire.ts';

export const CODE_DOOR = `[ssh]
  accept     = code
  code_ports = 17, 23
  open       = tcp/22
  open_for   = 60
`;

const [bussa = ''] = BUSSA;

/** A secret that is this user's alone. */
const secretOf = (user: string): string => {
  const text = [...user.toUpperCase()].map((char) => (/[A-Z2-7]/.test(char) ? char : 'A')).join('');
  return text.padEnd(32, 'K').slice(0, 32);
};

export type CodeStageOptions = {
  readonly config?: string;
  readonly arrange?: (server: Namespace) => Promise<void>;
  /** Lines of the users' sections. */
  readonly users?: Readonly<Record<string, string>>;
};

/** A client and a server with a daemon that takes codes, and a service on 22. The codes are oathtool's. */
export class CodeFixture implements AsyncDisposable {
  readonly wire: Wire;
  readonly directory: WorkDirectory;
  readonly #config: string;
  readonly #sender: PayloadSender;
  readonly #stack: AsyncDisposableStack;
  #knockd: Program | undefined;

  private constructor(
    wire: Wire,
    directory: WorkDirectory,
    config: string,
    sender: PayloadSender,
    stack: AsyncDisposableStack,
  ) {
    this.wire = wire;
    this.#sender = sender;
    this.directory = directory;
    this.#config = config;
    this.#stack = stack;
  }

  static async create({
    config = CODE_DOOR,
    arrange,
    users = { alice: '' },
  }: CodeStageOptions = {}): Promise<CodeFixture> {
    await using stack = new AsyncDisposableStack();
    const wire = stack.use(await Wire.create());
    const directory = stack.use(new WorkDirectory());
    await arrange?.(wire.server);
    stack.use(await startService(wire.server, 22));
    const whole = `[options]\n  Users_File = ${directory.file('users.conf')}\n${config}`;
    const sender = stack.use(await PayloadSender.start(wire.client));
    const stage = new CodeFixture(wire, directory, whole, sender, stack.move());
    stage.writeUsers(users);
    await stage.start();
    return stage;
  }

  writeUsers(users: Readonly<Record<string, string>>): void {
    const sections = Object.entries(users).map(
      ([name, lines]) => `[${name}]\n  code = ${secretOf(name)}\n${lines}`,
    );
    chmodSync(this.directory.file('users.conf', sections.join('\n')), 0o600);
  }

  get knockd(): Program {
    if (this.#knockd === undefined) throw new Error('the daemon has not been started');
    return this.#knockd;
  }

  async start(): Promise<void> {
    this.#knockd = await startKnockd(this.wire.server, this.directory, this.#config);
  }

  async restart(signal: NodeJS.Signals, meanwhile: () => void = () => undefined): Promise<void> {
    await this.knockd.stop(signal);
    meanwhile();
    await this.start();
  }

  /** The code of the time of the start, which does not count, is over. */
  async nextStep(): Promise<void> {
    const now = this.code();
    while (this.code() === now) await new Promise((resolve) => setTimeout(resolve, 250));
  }

  /** While the daemon is down. */
  loseDatabase(): void {
    const [name = ''] = readdirSync(this.directory.path).filter((one) =>
      existsSync(join(this.directory.path, one, 'leases.db')),
    );
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(this.directory.path, name, `leases.db${suffix}`), { force: true });
  }

  secret(user: string): string {
    return secretOf(user);
  }

  /** The user's code of a step as oathtool makes it: 0 is the one of now. */
  code(user = 'alice', ahead = 0): string {
    const at = `@${Math.floor(Date.now() / 1000) + 30 * ahead}`;
    return execFileSync('oathtool', ['--totp', '--base32', secretOf(user), '--now', at], {
      encoding: 'utf8',
    }).trim();
  }

  /** With Debian's knock, from one of the client's addresses. */
  async knock(code: string, { udp = false, to = SERVER } = {}): Promise<void> {
    const [first, second] = portsOf(code);
    const family = to.includes(':') ? ['-6'] : [];
    await this.wire.client.run(C_KNOCK, ...family, ...(udp ? ['-u'] : []), '-d', '20', to, first, second);
    await this.fence();
  }

  /** By UDP, from any address of the client. */
  async knockFrom(source: string, code: string, to = SERVER): Promise<void> {
    for (const port of portsOf(code)) await this.#sender.send(source, to, Number(port), new Uint8Array(1));
    await this.fence();
  }

  /** Everything that was sent before has been judged. From the server itself, which is in no penalty. */
  fence(): Promise<void> {
    return fence(this.knockd, this.wire.server, SERVER);
  }

  /** A verb of `bussa` on the server. */
  bussa(...words: readonly string[]): Promise<string> {
    const { directory } = this;
    return this.wire.server.run(
      bussa,
      ...words,
      ...['-c', directory.file('knockd.conf'), '--state', directory.path],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#knockd?.[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
  }
}

export const portsOf = (code: string): readonly [string, string] => [
  `17${code.slice(0, 3)}`,
  `23${code.slice(3)}`,
];

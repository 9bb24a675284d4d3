import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BUSSA, fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { PayloadSender } from '../lab/payload-sender.ts';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { CLIENT, SERVER, Wire } from '../lab/wire.ts';

export const SPA_PORT = 62_201;

const METRICS = '127.0.0.1:9617';

/** A key as both sides write it. */
export type SpaKey = {
  readonly user: string;
  readonly mode?: string;
  /** Undefined: without an HMAC. */
  readonly hmac?: string | undefined;
  readonly key: Buffer;
  readonly hmacKey: Buffer;
};

export function drawKey(
  user: string,
  about: { mode?: string; hmac?: string | undefined } = { hmac: 'sha256' },
): SpaKey {
  return { user, ...about, key: randomBytes(32), hmacKey: randomBytes(64) };
}

/** The line of the users file. */
export function spaLine({ mode = 'cbc', hmac, key, hmacKey }: SpaKey): string {
  const tag = hmac === undefined ? 'no-hmac' : `hmac ${hmacKey.toString('base64')} ${hmac}`;
  return `spa = key ${key.toString('base64')} ${tag} ${mode}`;
}

/** The stanza of .fwknoprc. */
function stanza({ user, mode = 'cbc', hmac, key, hmacKey }: SpaKey): string {
  const lines = [
    `[${user}]`,
    `SPA_SERVER ${SERVER}`,
    `KEY_BASE64 ${key.toString('base64')}`,
    `ENCRYPTION_MODE ${mode.toUpperCase()}`,
    ...(hmac === undefined
      ? []
      : [
          'USE_HMAC Y',
          `HMAC_KEY_BASE64 ${hmacKey.toString('base64')}`,
          `HMAC_DIGEST_TYPE ${hmac.toUpperCase()}`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

export const SPA_DOOR = `[ssh]
  accept       = spa
  open         = tcp/22
  open_for     = 30
  max_open_for = 1h
`;

export type SpaOptions = {
  readonly config?: string;
  readonly keys: readonly SpaKey[];
  /** Those that the client has alone. */
  readonly clientKeys?: readonly SpaKey[];
  /** More sections of the users file. */
  readonly more?: string;
};

/** A server with a daemon that takes packets of the users' keys, and Debian's fwknop client. */
export class SpaFixture implements AsyncDisposable {
  readonly wire: Wire;
  readonly directory: WorkDirectory;
  readonly #stack: AsyncDisposableStack;
  readonly #config: string;
  readonly #rcFile: string;
  readonly sender: PayloadSender;
  knockd: Program;
  #packets = 0;

  private constructor(
    parts: { wire: Wire; directory: WorkDirectory; sender: PayloadSender; config: string; rcFile: string },
    stack: AsyncDisposableStack,
    knockd: Program,
  ) {
    this.wire = parts.wire;
    this.directory = parts.directory;
    this.sender = parts.sender;
    this.#config = parts.config;
    this.#rcFile = parts.rcFile;
    this.#stack = stack;
    this.knockd = knockd;
  }

  static async create({
    config = SPA_DOOR,
    keys,
    clientKeys = [],
    more = '',
  }: SpaOptions): Promise<SpaFixture> {
    await using stack = new AsyncDisposableStack();
    const wire = stack.use(await Wire.create());
    const directory = stack.use(new WorkDirectory());
    const users = keys.map((key) => `[${key.user}]\n${spaLine(key)}\n`).join('');
    const usersFile = directory.file('users.conf', users + more);
    const rcFile = directory.file('fwknoprc', [...keys, ...clientKeys].map(stanza).join(''));
    const whole = `[options]\n  Users_File = ${usersFile}\n  Metrics = ${METRICS}\n${config}`;
    for (const port of [22, 80]) stack.use(await startService(wire.server, port));
    const sender = stack.use(await PayloadSender.start(wire.client));
    const knockd = await start(wire, directory, whole);
    return new SpaFixture({ wire, directory, sender, config: whole, rcFile }, stack.move(), knockd);
  }

  /** Runs the client, which has to succeed. Returns the text of the packet that it has sent. */
  async send(user: string, ...options: readonly string[]): Promise<string> {
    this.#packets++;
    const saved = this.directory.file(`packet-${this.#packets}`, '');
    const words = ['--rc-file', this.#rcFile, '--no-save-args', '-n', user, '-B', saved];
    const asked = options.includes('-A') ? options : ['-A', 'tcp/22', ...options];
    const who = asked.some((option) => /^-[asR]$/.test(option)) ? asked : ['-a', CLIENT, ...asked];
    await this.wire.client.run('env', `HOME=${this.directory.path}`, 'fwknop', ...words, ...who);
    return readFileSync(saved, 'latin1').trim();
  }

  /** The text once more, in datagrams. */
  again(text: string, source: string, to: string, times = 1): Promise<void> {
    return this.sender.send(source, to, SPA_PORT, Buffer.from(text, 'latin1'), times);
  }

  get configFile(): string {
    return join(this.directory.path, 'knockd.conf');
  }

  get usersFile(): string {
    return join(this.directory.path, 'users.conf');
  }

  /** A verb of the daemon's, on the server. */
  ask(...words: readonly string[]): Promise<string> {
    const [bussa = '', ...rest] = [...BUSSA, ...words, '--state', this.directory.path];
    const named = words.includes('-c') ? rest : [...rest, '-c', this.configFile];
    return this.wire.server.run(bussa, ...named);
  }

  /** The daemon says this of what the source has sent last. */
  async explained(said: RegExp, source = CLIENT): Promise<void> {
    await this.#until(() => this.ask('explain', source), said);
  }

  /** The same, of a packet that is sent until it is judged: a flood that is still being read leaves no room for it. */
  async refused(text: string, source: string, said: RegExp): Promise<void> {
    const ask = async (): Promise<string> => {
      await this.again(text, source, SERVER);
      return this.ask('explain', source);
    };
    await this.#until(ask, said);
  }

  /** What a hook has written. */
  async seen(name: string, said: RegExp): Promise<void> {
    await this.#until(
      () => this.wire.server.run('cat', join(this.directory.path, name)).catch(() => ''),
      said,
    );
  }

  async metric(said: RegExp): Promise<void> {
    await this.#until(() => this.wire.server.run('curl', '-s', `http://${METRICS}/metrics`), said);
  }

  async #until(read: () => Promise<string>, said: RegExp): Promise<void> {
    for (let tries = 1; ; tries++) {
      const text = await read();
      if (said.test(text)) return;
      assert.ok(tries < 20, `no ${said} in:\n${text}\n${this.knockd.output}`);
      await this.fence();
    }
  }

  fence(): Promise<void> {
    return fence(this.knockd, this.wire.client, SERVER);
  }

  get openings(): number {
    return this.knockd.count(/OPEN SESAME \(spa/g);
  }

  async restart(signal: NodeJS.Signals, meanwhile: () => void = () => undefined): Promise<void> {
    await this.knockd.stop(signal);
    meanwhile();
    this.knockd = await start(this.wire, this.directory, this.#config);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.knockd[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
  }
}

/**
 * A daemon without the record of an earlier one takes nothing that is older than its start, and the client tells the time
 * in whole seconds.
 */
async function start(wire: Wire, directory: WorkDirectory, config: string): Promise<Program> {
  const knockd = await startKnockd(wire.server, directory, config);
  await delay(1000 - (Date.now() % 1000));
  return knockd;
}

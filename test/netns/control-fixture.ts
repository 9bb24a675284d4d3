import assert from 'node:assert/strict';
import { fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { NetService } from '../lab/net-service.ts';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { BUSSA } from './up-fixture.ts';

export const SSH_DOOR = `[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = 60
`;

type Answered = { readonly code: number; readonly output: string };

/** A wire, a service on port 22, a daemon that runs, and `bussa` to ask it. */
export class ControlFixture implements AsyncDisposable {
  readonly client: Namespace;
  readonly server: Namespace;
  readonly directory = new WorkDirectory();
  readonly #wire: Wire;
  readonly #service: NetService;
  #knockd: Program | undefined;

  private constructor(wire: Wire, service: NetService) {
    this.#wire = wire;
    this.#service = service;
    this.client = wire.client;
    this.server = wire.server;
  }

  static async create(config: string): Promise<ControlFixture> {
    const wire = await Wire.create();
    const stage = new ControlFixture(wire, await startService(wire.server, 22));
    try {
      await stage.start(config);
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
    return stage;
  }

  get knockd(): Program {
    if (this.#knockd === undefined) throw new Error('the daemon has not been started');
    return this.#knockd;
  }

  async start(config: string): Promise<void> {
    await this.#knockd?.[Symbol.asyncDispose]();
    this.#knockd = await startKnockd(this.server, this.directory, config);
  }

  /** Packets sent before have been judged. */
  fence(): Promise<void> {
    return fence(this.knockd, this.client, SERVER);
  }

  /** `bussa` with these words, asking this stage's daemon; standard output and error as one. */
  async ask(...words: readonly string[]): Promise<Answered> {
    await using bussa = this.server.start(BUSSA, ...words, '--state', this.directory.path);
    const { code } = await bussa.exited;
    return { code: code ?? -1, output: bussa.output };
  }

  /** The same as JSON; it must have gone well. */
  async json<T>(...words: readonly string[]): Promise<T> {
    const { code, output } = await this.ask(...words, '--json');
    assert.equal(code, 0, output);
    return JSON.parse(output) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#knockd?.[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
    await this.#wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}

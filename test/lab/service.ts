import assert from 'node:assert/strict';
import type { Namespace } from './namespace.ts';
import { NetService } from './net-service.ts';
import type { Program } from './program.ts';

/** A TCP service in `namespace` that greets and echoes. */
export async function startService(namespace: Namespace, port: number): Promise<NetService> {
  const service = NetService.start(namespace.name, 'echoService', `${port}`);
  await service.saw(/serving on/);
  return service;
}

/** An established TCP connection to the service, held by `nc`. */
export class Connection implements AsyncDisposable {
  readonly #program: Program;
  #sent = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async open(client: Namespace, server: string, port: number, from: string): Promise<Connection> {
    const connection = new Connection(client.start('nc', '-s', from, server, `${port}`));
    await connection.#program.saw(/welcome/);
    return connection;
  }

  /** Sends a word and waits for its echo: the connection is alive both ways. */
  async assertAlive(): Promise<void> {
    this.#sent += 1;
    this.#program.write(`word ${this.#sent}\n`);
    await this.#program.saw(new RegExp(`^word ${this.#sent}$`, 'm'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

/** A new connection is refused by silence: a whole second without an answer (a veth answers within one millisecond). */
export async function assertShut(
  client: Namespace,
  server: string,
  port: number,
  from: string,
): Promise<void> {
  const status = await client.status('nc', '-z', '-w', '1', '-s', from, server, `${port}`);
  assert.notEqual(status, 0, `port ${port} of ${server} must be closed to ${from}`);
}

/** A new connection is made; a first SYN lost to a rule not yet in place is sent again by the kernel. */
export async function assertOpen(
  client: Namespace,
  server: string,
  port: number,
  from: string,
): Promise<void> {
  const status = await client.status('nc', '-z', '-w', '8', '-s', from, server, `${port}`);
  assert.equal(status, 0, `port ${port} of ${server} must be open to ${from}`);
}

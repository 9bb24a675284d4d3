import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { sshString } from '../../src/core/ssh/ssh-writer.ts';

/** Something that speaks like an agent. */
export class FalseAgent implements AsyncDisposable {
  readonly socket: string;
  readonly #server: Server;

  private constructor(socket: string, server: Server) {
    this.socket = socket;
    this.#server = server;
  }

  static async start(socket: string, answer: (request: Uint8Array) => Uint8Array): Promise<FalseAgent> {
    const server = createServer((client) => {
      client.on('error', () => undefined);
      client.on('data', (bytes) => client.write(sshString(answer(Buffer.from(bytes).subarray(4)))));
    });
    server.listen(socket);
    await once(server, 'listening');
    return new FalseAgent(socket, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

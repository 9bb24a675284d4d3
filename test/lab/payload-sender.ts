import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

/**
 * Sends UDP payloads from unconnected sockets, one for each source, and prints what comes back. Orders, one a line:
 * `send SOURCE TO PORT TIMES HEX`; each is confirmed with `sent N`. What comes: `reply FROM PORT HEX`.
 */
const SENDER = `
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
const sockets = new Map();
const socketOf = async (source) => {
  const known = sockets.get(source);
  if (known !== undefined) return known;
  const socket = createSocket(source.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (bytes, from) => console.log('reply', from.address, from.port, bytes.toString('hex')));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.bind(0, source, resolve));
  sockets.set(source, socket);
  return socket;
};
let done = 0;
let turn = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  const [, source, to, port, times, hex] = line.split(' ');
  turn = turn.then(async () => {
    const socket = await socketOf(source);
    const bytes = Buffer.from(hex, 'hex');
    for (let n = 0; n < Number(times); n++)
      await new Promise((resolve) => socket.send(bytes, Number(port), to, resolve));
    console.log('sent', ++done);
  });
});
console.log('ready');
`;

export type Reply = { readonly from: string; readonly port: number; readonly payload: Uint8Array };

/** Sends datagrams out of a namespace. */
export class PayloadSender implements AsyncDisposable {
  readonly #program: Program;
  #orders = 0;
  #replies = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(namespace: Namespace): Promise<PayloadSender> {
    const program = namespace.start(process.execPath, '--input-type=module', '--eval', SENDER);
    await program.saw(/^ready$/m);
    return new PayloadSender(program);
  }

  /** Resolves when the kernel has taken all of them. */
  async send(source: string, to: string, port: number, payload: Uint8Array, times = 1): Promise<void> {
    this.#program.write(`send ${source} ${to} ${port} ${times} ${Buffer.from(payload).toString('hex')}\n`);
    this.#orders++;
    await this.#program.saw(new RegExp(`^sent ${this.#orders}$`, 'm'), 1, 120_000);
  }

  /** The next datagram that comes back. */
  async reply(): Promise<Reply> {
    this.#replies++;
    const [, from = '', port, hex = ''] = await this.#program.saw(
      /^reply (\S+) (\d+) ([0-9a-f]*)$/gm,
      this.#replies,
    );
    return { from, port: Number(port), payload: Buffer.from(hex, 'hex') };
  }

  /** How many have come back so far. */
  get replies(): number {
    return this.#program.count(/^reply /gm);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

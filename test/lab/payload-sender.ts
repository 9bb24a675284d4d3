import type { Namespace } from './namespace.ts';
import { NetService } from './net-service.ts';

export type Reply = { readonly from: string; readonly port: number; readonly payload: Uint8Array };

/** Sends datagrams out of a namespace. */
export class PayloadSender implements AsyncDisposable {
  readonly #service: NetService;
  #orders = 0;
  #replies = 0;

  private constructor(service: NetService) {
    this.#service = service;
  }

  static async start(namespace: Namespace): Promise<PayloadSender> {
    const service = NetService.start(namespace.name, 'payloadSender');
    await service.saw(/^ready$/m);
    return new PayloadSender(service);
  }

  /** Resolves when the kernel has taken all of them. */
  async send(source: string, to: string, port: number, payload: Uint8Array, times = 1): Promise<void> {
    this.#service.write(`${source} ${to} ${port} ${times} ${Buffer.from(payload).toString('hex')}`);
    this.#orders++;
    await this.#service.saw(new RegExp(`^sent ${this.#orders}$`, 'm'), 1, 120_000);
  }

  /** The next datagram that comes back, within this time. */
  async reply(ms?: number): Promise<Reply> {
    const [, from = '', port, hex = ''] = await this.#service.saw(
      /^reply (\S+) (\d+) ([0-9a-f]*)$/gm,
      this.#replies + 1,
      ms,
    );
    this.#replies++;
    return { from, port: Number(port), payload: Buffer.from(hex, 'hex') };
  }

  /** How many have come back so far. */
  get replies(): number {
    return this.#service.count(/^reply /gm);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }
}

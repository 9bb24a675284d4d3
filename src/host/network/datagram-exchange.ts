import { createSocket, type Socket } from 'node:dgram';
import { type Address, parseAddress } from '../../core/net/address.ts';
import type { Port } from '../../core/net/port.ts';
import type { Millis } from '../../core/net/time.ts';
import { type Destination, renderDestination } from './destination.ts';

/** BOUNDED: datagrams received but not read yet. */
const MAX_WAITING = 16;

/**
 * Sends datagrams to one port of one host, and receives answers from that port. The port may be closed: an ICMP message
 * about that is ignored, because the answer comes from a raw socket.
 */
export class DatagramExchange {
  /** This host's source address on the route there; `undefined` if it has a zone. */
  readonly source: Address | undefined;
  readonly #socket: Socket;
  readonly #waiting: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.source = parseAddress(socket.address().address);
    socket.on('message', (bytes) => {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(Uint8Array.from(bytes));
      this.#wake?.();
    });
    socket.on('error', () => undefined);
  }

  static open(to: Destination, port: Port): Promise<DatagramExchange | NodeJS.ErrnoException> {
    const socket = createSocket(to.family === 4 ? 'udp4' : 'udp6');
    return new Promise((resolve) => {
      socket.once('error', (error) => {
        socket.close();
        resolve(error);
      });
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        resolve(new DatagramExchange(socket));
      });
      socket.connect(port, renderDestination(to));
    });
  }

  /** `undefined`: the kernel accepted it. */
  async send(bytes: Uint8Array): Promise<NodeJS.ErrnoException | undefined> {
    const error = await this.#send(bytes);
    // The error belongs to an earlier datagram, and this one was not sent.
    return error?.code === 'ECONNREFUSED' ? this.#send(bytes) : error;
  }

  /** The next datagram; `undefined`: none arrived in time, or it was stopped. */
  async receive(patience: Millis, stop: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#waiting.length === 0 && !stop.aborted && patience > 0) await this.#arrival(patience, stop);
    return this.#waiting.shift();
  }

  close(): void {
    this.#socket.close();
  }

  #send(bytes: Uint8Array): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => this.#socket.send(bytes, (error) => resolve(error ?? undefined)));
  }

  async #arrival(patience: Millis, stop: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    stop.addEventListener('abort', () => resolve(), { once: true });
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

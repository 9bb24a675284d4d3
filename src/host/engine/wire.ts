import { Duplex } from 'node:stream';

/**
 * A stream between TLS and a socket. TLS directly over the socket would share its handle, and Node.js 26 crashes when
 * such a socket is reset while TLS still uses it.
 */
export class Wire extends Duplex {
  readonly #socket: Duplex;

  /** `take` returns which of the received bytes are passed on. */
  constructor(socket: Duplex, take: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      try {
        const taken = take(bytes);
        if (taken.length > 0 && !this.push(taken)) socket.pause();
      } catch (error) {
        this.refuse(error);
      }
    });
    socket.once('end', () => this.push(null));
    socket.once('error', (error) => this.destroy(error));
    socket.once('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  /** Ends the stream with an error that `take` has thrown. */
  protected refuse(error: unknown): void {
    throw error;
  }
}

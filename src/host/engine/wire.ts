import { Duplex } from 'node:stream';

/**
 * A socket for TLS to run over, with its handle for itself. TLS over the socket would share the handle with it, and Node.js 26
 * crashes when such a socket is reset while TLS still uses it.
 */
export class Wire extends Duplex {
  readonly #socket: Duplex;

  /** `take`: what is passed on of the bytes that arrive. */
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

  /** Of what `take` has thrown. */
  protected refuse(error: unknown): void {
    throw error;
  }
}

import type { Duplex } from 'node:stream';
import { ReplyFilter } from '../../core/fleet/reply-filter.ts';
import { EngineError } from './engine-error.ts';
import { Wire } from './wire.ts';

/**
 * A connection for the library, which trusts its engine: an answer in an unexpected form makes it throw, or use up all
 * memory. Here answers are bounded, and an error of the library ends the connection, not the process.
 */
export class CheckedStream extends Wire {
  readonly #where: string;

  constructor(stream: Duplex, where: string) {
    const filter = new ReplyFilter();
    super(stream, (bytes) => filter.take(bytes));
    this.#where = where;
  }

  /** The library expects a socket. */
  setNoDelay = (): this => this;
  setKeepAlive = (): this => this;
  setTimeout = (): this => this;

  override emit(event: string | symbol, ...words: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...words);
    try {
      return super.emit(event, ...words);
    } catch (error) {
      this.destroy(unexpected(this.#where, error));
      return true;
    }
  }

  protected override refuse(error: unknown): void {
    this.destroy(unexpected(this.#where, error));
  }
}

const unexpected = (where: string, error: unknown): EngineError =>
  new EngineError(
    'EPROTO',
    `${where} answers what no engine answers (${(error as Error).message}): see what listens there`,
  );

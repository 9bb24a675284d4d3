import { Redis, type RedisOptions } from 'iovalkey';
import { CheckedStream } from './checked-stream.ts';
import { answerError, connectError, EngineError } from './engine-error.ts';
import type { EngineFiles } from './engine-files.ts';
import { type EngineSocket, type EngineTarget, openEngineSocket, renderTarget } from './engine-socket.ts';

/** An answer of an engine. It is untrusted: the caller must check it. */
export type EngineReply = null | number | Uint8Array | readonly EngineReply[];

export type EngineWord = string | number | Uint8Array;

/** One connection to an engine. It never reconnects: its owner opens another one. */
export interface EngineClient {
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<EngineError>;
  /**
   * Sends one command, and resolves with the answer if it comes within `patienceMs`. Rejects with an `EngineError`. A
   * timeout resets the connection, so that nothing left in its socket arrives later.
   */
  call(words: readonly [string, ...EngineWord[]], patienceMs?: number): Promise<EngineReply>;
  /** Subscribes to these channels. From then on, only `PING` may be sent. */
  subscribe(channels: readonly string[], take: (channel: string, bytes: Uint8Array) => void): Promise<void>;
  /** Ends the connection, and drops what has not been sent. */
  reset(why?: EngineError): void;
}

export type EngineLogin = { readonly user?: string; readonly password?: string };

/** iovalkey's, or ioredis's, which has the same methods. */
export type EngineLibrary = typeof Redis;

const PATIENCE_MS = 2000;

/** Opens a connection and logs in. Throws an `EngineError`. */
export async function openEngineClient(
  target: EngineTarget,
  files: EngineFiles,
  login: EngineLogin,
  library: EngineLibrary = Redis,
): Promise<EngineClient> {
  const socket = await openEngineSocket(target, files, PATIENCE_MS);
  const client = new LibraryClient(socket, renderTarget(target), library);
  const { user, password } = login;
  try {
    if (password !== undefined) await client.call(['AUTH', ...(user === undefined ? [] : [user]), password]);
    await client.call(['PING']);
  } catch (error) {
    client.reset();
    throw loginError(error, renderTarget(target), user);
  }
  return client;
}

/** The library only does the protocol. Sockets, timeouts and reconnects are done here. */
class LibraryClient implements EngineClient {
  readonly ended: Promise<EngineError>;
  readonly #redis: Redis;
  readonly #socket: EngineSocket;
  readonly #where: string;
  readonly #end: (why: EngineError) => void;
  readonly #calls = new Set<(why: EngineError) => void>();
  #why: EngineError | undefined;

  constructor(socket: EngineSocket, where: string, library: EngineLibrary) {
    this.#socket = socket;
    this.#where = where;
    const { promise, resolve } = Promise.withResolvers<EngineError>();
    this.ended = promise;
    this.#end = resolve;
    const stream = new CheckedStream(socket.stream, where);
    // Later errors must not end the process either.
    for (const one of [socket.stream, stream])
      one.on('error', (error) => this.reset(connectError(where, error)));
    stream.once('close', () => this.reset());
    this.#redis = new library(optionsFor(stream, socket.reset));
    this.#redis.on('error', (error: Error) => this.reset(connectError(where, error)));
    this.#redis.once('end', () => this.reset());
    // The socket is connected already: this only makes the library use it.
    this.#redis.connect().catch(() => this.reset());
  }

  call(
    [command, ...words]: readonly [string, ...EngineWord[]],
    patienceMs = PATIENCE_MS,
  ): Promise<EngineReply> {
    const bytes = words.map((word) => (word instanceof Uint8Array ? asBuffer(word) : word));
    return this.#ask(command, patienceMs, () =>
      this.#redis.callBuffer(command.toLowerCase(), ...bytes),
    ) as Promise<EngineReply>;
  }

  async subscribe(
    channels: readonly string[],
    take: (channel: string, bytes: Uint8Array) => void,
  ): Promise<void> {
    this.#redis.on('messageBuffer', (channel: Buffer, bytes: Buffer) =>
      take(channel.toString('latin1'), bytes),
    );
    await this.#ask('SUBSCRIBE', PATIENCE_MS, () => this.#redis.subscribe(...channels));
  }

  async #ask(command: string, patienceMs: number, send: () => Promise<unknown>): Promise<unknown> {
    if (this.#why !== undefined) throw this.#why;
    const over = Promise.withResolvers<never>();
    over.promise.catch(() => undefined);
    this.#calls.add(over.reject);
    const late = `${this.#where} does not answer to ${command} within ${patienceMs / 1000} s`;
    const timer = setTimeout(() => this.reset(new EngineError('TIMEOUT', late)), patienceMs);
    try {
      await this.#connected();
      const answer = send().catch((error: Error) => {
        throw isAnswer(error)
          ? answerError(command, error.message)
          : (this.#why ?? connectError(this.#where, error));
      });
      return await Promise.race([answer, over.promise]);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(over.reject);
    }
  }

  reset(why = new EngineError('ECONNRESET', `${this.#where} has hung up`)): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#socket.reset();
    this.#redis.disconnect();
    for (const reject of this.#calls) reject(why);
    this.#end(why);
  }

  /** The library starts to use the socket in the next turn of the event loop. */
  async #connected(): Promise<void> {
    if (this.#redis.status === 'ready') return;
    await new Promise<void>((resolve, reject) => {
      this.#redis.once('ready', resolve);
      void this.ended.then(reject);
    });
  }
}

/** With these options the library sends nothing by itself, queues nothing, and opens no socket. */
function optionsFor(stream: CheckedStream, reset: () => void): RedisOptions {
  const options = {
    Connector: class {
      firstError: Error | undefined;
      connect = (): Promise<CheckedStream> => Promise.resolve(stream);
      check = (): boolean => true;
      disconnect = reset;
    },
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // An option of ioredis 6.
    protocol: 2,
    disableClientInfo: true,
  };
  return options as unknown as RedisOptions;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** redis-errors: the engine itself answered with an error. */
const isAnswer = (error: Error): boolean => error.name === 'ReplyError';

function loginError(error: unknown, where: string, user = 'default'): EngineError {
  if (!(error instanceof EngineError)) throw error;
  if (error.code === 'WRONGPASS')
    return new EngineError(
      error.code,
      `${where}: the engine knows no user ${user} with this password: its line belongs into users.acl there, after which the engine has to be restarted; or the file password here has changed`,
    );
  if (error.code === 'NOAUTH')
    return new EngineError(
      error.code,
      `${where}: the engine wants a password: write it into the file password`,
    );
  if (error.isAnswer) return new EngineError(error.code, `${where}: ${error.message}`);
  return error;
}

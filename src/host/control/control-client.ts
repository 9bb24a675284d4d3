import { createConnection, type Socket } from 'node:net';
import { type ReachablePath, reachablePath } from './control-path.ts';

/** BOUNDED: characters of one line of an answer. */
const MAX_LINE = 1 << 20;
/** A daemon answers at once, unless it waits for commands or for the firewall. */
const PATIENCE_MS = 10_000;
const LONG_PATIENCE_MS = 120_000;

/** `endless`: what is answered goes on, and may be silent for hours. */
export type Patience = 'short' | 'long' | 'endless';
/** Of a socket, 0 is no limit. */
const PATIENCES: Readonly<Record<Patience, number>> = {
  short: PATIENCE_MS,
  long: LONG_PATIENCE_MS,
  endless: 0,
};

/**
 * A daemon that could not be asked. `code`: the errno's name, or why there is no answer. `isSpoken`: the other side
 * answers, but not like a daemon.
 */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: string;
  readonly isSpoken: boolean;

  constructor(path: string, code: string, isSpoken = false) {
    super(`${path}: ${code}`);
    this.code = code;
    this.isSpoken = isSpoken;
  }
}

/** Asks the daemon that listens at `path` one question with a short answer. Throws a `ControlError`. */
export async function askControl(path: string, request: object): Promise<unknown> {
  using conversation = new Conversation(path);
  return await conversation.ask(request);
}

/** Requests and answers in sequence. Every method throws a `ControlError`. */
export class Conversation implements Disposable {
  readonly #path: string;
  readonly #reachable: ReachablePath;
  readonly #socket: Socket;
  readonly #lines: AsyncGenerator<unknown, never>;

  constructor(path: string, patience: Patience = 'short') {
    this.#path = path;
    this.#reachable = reach(path);
    this.#socket = createConnection(this.#reachable.path);
    this.#socket.setEncoding('utf8');
    this.#socket.setTimeout(PATIENCES[patience], () =>
      this.#socket.destroy(new ControlError(path, 'no answer')),
    );
    this.#lines = this.#read();
  }

  /** Waits so long for what comes from now on. */
  wait(patience: Patience): void {
    this.#socket.setTimeout(PATIENCES[patience]);
  }

  /** The parsed first line of the answer. */
  ask(request: object): Promise<unknown> {
    this.#socket.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  /** The parsed next line of the answer. The caller must know that there is one. */
  async next(): Promise<unknown> {
    return (await this.#lines.next()).value;
  }

  /** Pending reads fail with a `ControlError`. */
  hangUp(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
    this.#reachable.release();
  }

  async *#read(): AsyncGenerator<unknown, never> {
    const path = this.#path;
    let begun = '';
    try {
      for await (const text of this.#socket as AsyncIterable<string>) {
        const lines = `${begun}${text}`.split('\n');
        begun = lines.pop() ?? '';
        for (const line of lines) yield parse(path, line);
        if (begun.length > MAX_LINE) throw new ControlError(path, 'the answer has no end', true);
      }
    } catch (error) {
      if (error instanceof ControlError) throw error;
      throw new ControlError(path, (error as NodeJS.ErrnoException).code ?? String(error));
    }
    throw new ControlError(path, 'closed the connection without an answer');
  }
}

function reach(path: string): ReachablePath {
  try {
    return reachablePath(path);
  } catch (error) {
    throw new ControlError(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
}

function parse(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ControlError(path, 'the answer is not JSON', true);
  }
}

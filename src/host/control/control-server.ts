import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reachablePath } from './control-path.ts';

/** BOUNDED: clients at one time; a further one is hung up on. */
const MAX_CLIENTS = 16;
/** BOUNDED: bytes of a request's line; a client that sends more is told, and hung up on. */
const MAX_LINE_BYTES = 4096;
/** A client that neither asks nor reads for so long is hung up on. */
const IDLE_MS = 10_000;

/** What can be written as one line of JSON. */
export type ControlReply = Readonly<Record<string, unknown>>;

/** One line, or several, each written when the client has taken the one before. */
export type ControlAnswer = ControlReply | Promise<ControlReply> | AsyncIterable<ControlReply>;

/** Answers a request, which may be any JSON value. */
export type AnswerControl = (request: unknown) => ControlAnswer;

/**
 * A Unix socket that takes one JSON object a line and answers with one, or with
 * several for a long answer. A client's next line is read when the last
 * one's answer has gone out, so nobody can pile up work here.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #clients: Set<Socket>;
  readonly #release: () => void;

  private constructor(server: Server, clients: Set<Socket>, release: () => void) {
    this.#server = server;
    this.#clients = clients;
    this.#release = release;
  }

  /**
   * Listens at `path`, for this user alone. A socket that is there already is replaced: the caller knows that whoever
   * listened there is dead. Throws with the system's reason.
   */
  static async open(path: string, answer: AnswerControl): Promise<ControlServer> {
    rmSync(path, { force: true });
    const clients = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => take(socket, clients, answer));
    const reachable = reachablePath(path);
    try {
      // The socket is made, and its mode with it, before `listen` returns.
      const mask = process.umask(0o177);
      try {
        server.listen(reachable.path);
      } finally {
        process.umask(mask);
      }
      await once(server, 'listening');
      // A client that cannot be taken on, for want of a descriptor or of memory, is not this process's end.
      server.on('error', () => undefined);
    } catch (error) {
      reachable.release();
      throw error;
    }
    return new ControlServer(server, clients, reachable.release);
  }

  /** Hangs up on everybody, and removes the socket. */
  close(): void {
    for (const socket of this.#clients) socket.destroy();
    this.#server.close(this.#release);
  }
}

function take(socket: Socket, clients: Set<Socket>, answer: AnswerControl): void {
  socket.on('error', () => undefined);
  if (clients.size >= MAX_CLIENTS) {
    socket.destroy();
    return;
  }
  clients.add(socket);
  socket.once('close', () => clients.delete(socket));
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  void serve(socket, answer);
}

async function serve(socket: Socket, answer: AnswerControl): Promise<void> {
  let begun: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      begun = Buffer.concat([begun, chunk]);
      for (;;) {
        const end = begun.indexOf('\n');
        if (end < 0 && begun.length <= MAX_LINE_BYTES) break;
        if (end < 0 || end > MAX_LINE_BYTES) {
          await send(socket, { ok: false, error: `a request is a line of at most ${MAX_LINE_BYTES} bytes` });
          return;
        }
        const answered = answerLine(begun.toString('utf8', 0, end), answer);
        if (Symbol.asyncIterator in answered) for await (const part of answered) await send(socket, part);
        else await send(socket, await answered);
        begun = begun.subarray(end + 1);
        // What the kernel takes at once gives nobody else a turn, and a client may have sent many lines.
        if (begun.length > 0) await nextTurn();
      }
    }
  } catch (error) {
    // A client that leaves in the middle is nobody's mistake; anything that has no errno is ours.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  } finally {
    socket.destroy();
  }
}

function answerLine(line: string, answer: AnswerControl): ControlAnswer {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { ok: false, error: 'a request is one JSON object on a line of its own' };
  }
  return answer(request);
}

/** Resolves when the kernel has taken all of it. */
function send(socket: Socket, reply: ControlReply): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(`${JSON.stringify(reply)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Peer, readPeer } from '../ffi/peer.ts';
import { reachablePath } from './control-path.ts';

/** BOUNDED: clients at a time. A new one replaces the first client that asks nothing or does not read. */
const MAX_CLIENTS = 16;
/** BOUNDED: bytes of a request line. A client that sends more gets an error and is disconnected. */
const MAX_LINE_BYTES = 4096;
/** A client that neither asks nor reads for this long is disconnected. */
const IDLE_MS = 10_000;

/** A value that becomes one line of JSON. */
/** `idleMs`: 0 for no limit. */
export type ControlLimits = { readonly idleMs?: number; readonly maxLineBytes?: number };

export type ControlReply = Readonly<Record<string, unknown>>;

/** One line, or several, each written when the client has read the one before. */
export type ControlAnswer = ControlReply | Promise<ControlReply> | AsyncIterable<ControlReply>;

/** Answers a request, which may be any JSON value. `peer`: the client's process according to the kernel. */
export type AnswerControl = (request: unknown, peer: Peer | undefined) => ControlAnswer;

/**
 * A Unix socket that takes one JSON object per line, and answers with one, or with several for a long answer. A
 * client's next line is read only when the previous answer has been written, so a client cannot queue up work.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #clients: Clients;
  readonly #release: () => void;

  private constructor(server: Server, clients: Clients, release: () => void) {
    this.#server = server;
    this.#clients = clients;
    this.#release = release;
  }

  /**
   * Listens at `path`, accessible only to this user. An existing socket is replaced: the caller knows that its owner is
   * dead. Throws with the system's reason.
   */
  static async open(
    path: string,
    answer: AnswerControl,
    { idleMs = IDLE_MS, maxLineBytes = MAX_LINE_BYTES }: ControlLimits = {},
  ): Promise<ControlServer> {
    rmSync(path, { force: true });
    const clients: Clients = new Map();
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      accept(socket, clients, answer, { idleMs, maxLineBytes }),
    );
    const reachable = reachablePath(path);
    try {
      // `listen` creates the socket, with its mode, before it returns.
      const mask = process.umask(0o177);
      try {
        server.listen(reachable.path);
      } finally {
        process.umask(mask);
      }
      await once(server, 'listening');
      // A client that cannot be accepted, for lack of a descriptor or memory, must not end this process.
      server.on('error', () => undefined);
    } catch (error) {
      reachable.release();
      throw error;
    }
    return new ControlServer(server, clients, reachable.release);
  }

  /** Disconnects all clients, and removes the socket. */
  close(): void {
    for (const socket of this.#clients.keys()) socket.destroy();
    this.#server.close(this.#release);
  }
}

/** In the order of connecting. Each client waits for an answer, has one that it has not read, or asks nothing. */
type Clients = Map<Socket, ClientState>;
type ClientState = 'asks' | 'reads' | 'idle';

function accept(
  socket: Socket,
  clients: Clients,
  answer: AnswerControl,
  { idleMs, maxLineBytes }: Required<ControlLimits>,
): void {
  socket.on('error', () => undefined);
  if (clients.size >= MAX_CLIENTS && !makeRoom(clients)) {
    const error = `too many clients (${MAX_CLIENTS}); try again`;
    socket.end(`${JSON.stringify({ ok: false, error })}\n`, () => socket.destroy());
    return;
  }
  clients.set(socket, 'idle');
  socket.once('close', () => clients.delete(socket));
  socket.setTimeout(idleMs, () => {
    // A client that waits for an answer is not idle, however long the answer takes.
    if (clients.get(socket) !== 'asks') socket.destroy();
  });
  const note = (state: ClientState): void => {
    if (clients.has(socket)) clients.set(socket, state);
  };
  void serve(socket, answer, note, maxLineBytes);
}

/** Hanging clients must not keep the operator out. Returns whether there is room now. */
function makeRoom(clients: Clients): boolean {
  const all = [...clients];
  const [first] =
    all.find(([, state]) => state === 'idle') ?? all.find(([, state]) => state === 'reads') ?? [];
  if (first === undefined) return false;
  clients.delete(first);
  first.destroy();
  return true;
}

/** `note`: called when the client's state changes. */
async function serve(
  socket: Socket,
  answer: AnswerControl,
  note: (state: ClientState) => void,
  maxLineBytes: number,
): Promise<void> {
  const sendReply = async (reply: ControlReply): Promise<void> => {
    note('reads');
    await send(socket, reply);
    note('asks');
  };
  let begun: Buffer = Buffer.alloc(0);
  const peer = peerOf(socket);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      begun = Buffer.concat([begun, chunk]);
      for (;;) {
        const end = begun.indexOf('\n');
        if (end < 0 && begun.length <= maxLineBytes) break;
        if (end < 0 || end > maxLineBytes) {
          await send(socket, {
            ok: false,
            error: `a request is one line of at most ${maxLineBytes} bytes`,
          });
          return;
        }
        note('asks');
        const answered = answerLine(begun.toString('utf8', 0, end), answer, peer);
        if (Symbol.asyncIterator in answered) for await (const part of answered) await sendReply(part);
        else await sendReply(await answered);
        note('idle');
        begun = begun.subarray(end + 1);
        // Writes that the kernel accepts at once yield to nobody, and a client may have sent many lines.
        if (begun.length > 0) await nextTurn();
      }
    }
  } catch (error) {
    // A client that leaves midway is not an error. Anything without an errno is our own bug.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  } finally {
    socket.destroy();
  }
}

/** Node.js exposes a socket's descriptor nowhere else. */
function peerOf(socket: Socket): Peer | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? readPeer(handle.fd) : undefined;
}

function answerLine(line: string, answer: AnswerControl, peer: Peer | undefined): ControlAnswer {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { ok: false, error: 'a request is one JSON object on a line of its own' };
  }
  return answer(request, peer);
}

/** Resolves when the kernel has accepted all of it. */
function send(socket: Socket, reply: ControlReply): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(`${JSON.stringify(reply)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

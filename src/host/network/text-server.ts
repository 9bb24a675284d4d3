import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** BOUNDED: connections at one time; a further one has the place of the oldest that has asked nothing. */
const MAX_CONNECTIONS = 64;
/** BOUNDED: answers that are not taken yet, each as long as the text; a further one has the place of the oldest. */
const MAX_ANSWERS = 16;
/** From the connection to the end of the request's headers, however they drip. */
const REQUEST_MS = 5000;
/** From the request to the end of the answer, however slowly it is read. */
const ANSWER_MS = 10_000;

/** A socket's path, or a port of an address. */
export type ListenPlace = { readonly path: string } | { readonly host: string; readonly port: number };

/** Serves one text at one path over HTTP, to whoever can reach it; everything else is not found. */
export class TextServer {
  readonly #server: Server;
  readonly #place: ListenPlace;

  private constructor(server: Server, place: ListenPlace) {
    this.#server = server;
    this.#place = place;
  }

  /**
   * Listens. A socket is for every user of this host, as a port of the loopback interface is; one that is there already
   * is replaced; another file is not. `render` gives the text in parts. Throws with the system's reason.
   */
  static async open(
    place: ListenPlace,
    path: string,
    type: string,
    render: () => Iterable<string>,
  ): Promise<TextServer> {
    const clients = new Clients();
    const server = createServer((request, response) => {
      clients.asked(request.socket);
      // An idle connection is of use to nobody here.
      response.shouldKeepAlive = false;
      serve(request, response, path, type, render);
    });
    server.on('connection', (socket) => clients.take(socket));
    if ('path' in place) removeSocket(place.path);
    // The socket is made, and its mode with it, before `listen` returns.
    const mask = process.umask(0o111);
    try {
      server.listen(place);
    } finally {
      process.umask(mask);
    }
    await once(server, 'listening');
    // A client that cannot be taken on is not this process's end.
    server.on('error', () => undefined);
    return new TextServer(server, place);
  }

  /** Hangs up on everybody, and removes the socket. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    if ('path' in this.#place) rmSync(this.#place.path, { force: true });
  }
}

/** Who is connected: whoever asks nothing, or does not read, makes room for others. */
class Clients {
  /** Each in the order of age, with the timer of its deadline. */
  readonly #idle = new Map<Socket, NodeJS.Timeout>();
  readonly #answered = new Map<Socket, NodeJS.Timeout>();

  take(socket: Socket): void {
    if (this.#idle.size + this.#answered.size >= MAX_CONNECTIONS) {
      hangUpOnFirst(this.#idle.size > 0 ? this.#idle : this.#answered);
    }
    this.#idle.set(socket, hangUpAfter(socket, REQUEST_MS));
    socket.once('close', () => {
      for (const clients of [this.#idle, this.#answered]) {
        clearTimeout(clients.get(socket));
        clients.delete(socket);
      }
    });
  }

  asked(socket: Socket): void {
    const timer = this.#idle.get(socket);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#idle.delete(socket);
    if (this.#answered.size >= MAX_ANSWERS) hangUpOnFirst(this.#answered);
    this.#answered.set(socket, hangUpAfter(socket, ANSWER_MS));
  }
}

function hangUpOnFirst(clients: Map<Socket, NodeJS.Timeout>): void {
  for (const [socket, timer] of clients) {
    clearTimeout(timer);
    clients.delete(socket);
    socket.destroy();
    return;
  }
}

const hangUpAfter = (socket: Socket, patience: number): NodeJS.Timeout =>
  setTimeout(() => socket.destroy(), patience);

/** A path that was mistaken costs nobody a file. */
function removeSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} already exists and is not a socket`);
  rmSync(path, { force: true });
}

function serve(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  path: string,
  type: string,
  render: () => Iterable<string>,
): void {
  if (url?.split('?', 1)[0] !== path) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`only ${path} is here\n`);
  } else if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else {
    response.writeHead(200, { 'content-type': type });
    for (const part of method === 'GET' ? render() : []) response.write(part);
    response.end();
  }
}

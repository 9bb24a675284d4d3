import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** BOUNDED: connections at a time. A new one replaces the oldest that has asked nothing. */
const MAX_CONNECTIONS = 64;
/** BOUNDED: answers not read yet, each as long as the text. A new one replaces the oldest. */
const MAX_ANSWERS = 16;
/** From the connection to the end of the request's headers, however slowly they arrive. */
const REQUEST_MS = 5000;
/** From the request to the end of the answer, however slowly it is read. */
const ANSWER_MS = 10_000;

/** A socket's path, or an address and port. */
export type ListenPlace = { readonly path: string } | { readonly host: string; readonly port: number };

/** Serves one text at one path over HTTP, to everybody who can reach it. Any other path is not found. */
export class TextServer {
  readonly #server: Server;
  readonly #place: ListenPlace;

  private constructor(server: Server, place: ListenPlace) {
    this.#server = server;
    this.#place = place;
  }

  /**
   * Listens. Every user of this host can connect to the socket, as to a port on loopback. An existing socket is
   * replaced, any other file is not. `render` yields the text in parts. Throws with the system's reason.
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
      // Keep-alive connections are of no use here.
      response.shouldKeepAlive = false;
      serve(request, response, path, type, render);
    });
    server.on('connection', (socket) => clients.serve(socket));
    if ('path' in place) removeSocket(place.path);
    // `listen` creates the socket, with its mode, before it returns.
    const mask = process.umask(0o111);
    try {
      server.listen(place);
    } finally {
      process.umask(mask);
    }
    await once(server, 'listening');
    // A client that cannot be accepted must not end this process.
    server.on('error', () => undefined);
    return new TextServer(server, place);
  }

  /** Disconnects all clients, and removes the socket. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    if ('path' in this.#place) rmSync(this.#place.path, { force: true });
  }
}

/** Connected clients. One that asks nothing, or does not read, is dropped for a new one. */
class Clients {
  /** Oldest first, each with the timer of its deadline. */
  readonly #idle = new Map<Socket, NodeJS.Timeout>();
  readonly #answered = new Map<Socket, NodeJS.Timeout>();

  serve(socket: Socket): void {
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

/** A wrong path in the configuration must not delete a file. */
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

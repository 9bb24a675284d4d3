import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** BOUNDED: connections at one time. */
const MAX_CONNECTIONS = 16;
const PATIENCE_MS = 10_000;

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
    const server = createServer(
      { requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS },
      (request, response) => serve(request, response, path, type, render),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.keepAliveTimeout = 1;
    // Of a client that does not read what it has asked for, too.
    server.timeout = PATIENCE_MS;
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

/** A path that was mistaken costs nobody a file. */
function removeSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is there already, and is no socket`);
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

import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import type { DaemonSelector } from '../ask/ask-daemon.ts';
import { judgeRequest, type WebAccess } from './judge-request.ts';
import { LiveStream } from './live-stream.ts';
import type { PageFiles } from './page-files.ts';
import { MAX_BODY, readBody } from './read-body.ts';
import { answerOrder, answerQuestion } from './web-answers.ts';
import { HEADERS, PAGE_POLICY } from './web-headers.ts';

/** BOUNDED: bytes of a request's headers; connections, of which the oldest without a page is closed for a new one. */
const MAX_HEAD = 8192;
const MAX_CONNECTIONS = 256;
/** Time limit for a request to arrive; then its connection is closed. */
const HEAD_MS = 5000;
const REQUEST_MS = 10_000;

/** Where to listen. `fd`: a socket from systemd. */
export type WebPlace =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'inherited'; readonly fd: number };

export type WebParts = {
  readonly choice: DaemonSelector;
  readonly place: WebPlace;
  readonly token: string;
  readonly names: readonly string[];
  readonly readOnly: boolean;
  readonly files: PageFiles;
};

/** Serves the page and its requests. It has no rights other than those of the control socket. */
export class WebServer {
  readonly #parts: WebParts;
  readonly #server: Server;
  readonly #live: LiveStream;
  readonly #connections = new Set<Socket>();
  readonly #pages = new WeakSet<Socket>();
  #access: WebAccess;
  #onIdle: (() => void) | undefined;

  private constructor(parts: WebParts) {
    const { choice, readOnly, token, names } = parts;
    this.#parts = parts;
    this.#live = new LiveStream(choice, { kind: 'hello', host: hostname(), readOnly });
    this.#access = { token, names: names.map((name) => name.toLowerCase()), port: undefined };
    this.#server = createServer(
      {
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: HEAD_MS,
        connectionsCheckingInterval: 1000,
        maxHeaderSize: MAX_HEAD,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.on('connection', (socket) => this.#accept(socket));
    // A client that asks before it sends a body is judged first.
    this.#server.on('checkContinue', (request, response) => void this.#answer(request, response, true));
  }

  /** Throws with the system's reason. */
  static async open(parts: WebParts): Promise<WebServer> {
    const web = new WebServer(parts);
    const { place } = parts;
    const server = web.#server;
    if (place.kind === 'port') server.listen(place.port, '127.0.0.1');
    else if (place.kind === 'inherited') server.listen({ fd: place.fd });
    else {
      await makeWay(place.path);
      const mask = process.umask(0o177);
      try {
        server.listen(place.path);
      } finally {
        process.umask(mask);
      }
    }
    await once(server, 'listening');
    if (place.kind === 'socket') chmodSync(place.path, 0o600);
    // A client that cannot be accepted, for lack of a descriptor, must not end this process.
    server.on('error', () => undefined);
    const address = place.kind === 'port' ? server.address() : null;
    const port = typeof address === 'object' ? address?.port : undefined;
    web.#access = { ...web.#access, port };
    return web;
  }

  /** Of a TCP socket that this process opened. */
  get port(): number | undefined {
    return this.#access.port;
  }

  /** `onIdle`: the last connection has ended. */
  whenIdle(onIdle: () => void): void {
    this.#onIdle = onIdle;
  }

  get connections(): number {
    return this.#connections.size;
  }

  close(): void {
    this.#live.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#onIdle?.();
    });
    if (this.#connections.size <= MAX_CONNECTIONS) return;
    const [oldest = socket] = [...this.#connections].filter((one) => !this.#pages.has(one));
    oldest.destroy();
  }

  /** `waits`: the client sends its body when it is told to continue. */
  async #answer(request: IncomingMessage, response: ServerResponse, waits = false): Promise<void> {
    const { pathname: path, searchParams } = targetOf(request);
    const { method = '', headers, headersDistinct, url = '' } = request;
    const hosts = headersDistinct.host?.length ?? 0;
    const refusal = judgeRequest({ method, target: url, path, headers, hosts }, this.#access);
    if (refusal !== undefined) {
      // Read nothing more from a refused client.
      response.setHeader('Connection', 'close');
      sendJson(response, refusal.status, { error: refusal.why });
    } else if (path === '/api/live') this.#follow(response);
    else if (path === '/api/order') {
      if (waits) response.writeContinue();
      await this.#order(request, response);
    } else if (path.startsWith('/api/')) {
      const answer = await answerQuestion(this.#parts.choice, path, searchParams);
      sendJson(response, answer?.status ?? 404, answer?.value ?? { error: 'not found' });
    } else this.#sendFile(path, response);
  }

  #sendFile(path: string, response: ServerResponse): void {
    const file = this.#parts.files[path];
    if (file === undefined) {
      sendJson(response, 404, { error: 'not found' });
      return;
    }
    response.writeHead(200, { ...HEADERS, ...PAGE_POLICY, 'Content-Type': file.type });
    response.end(file.text);
  }

  #follow(response: ServerResponse): void {
    if (this.#live.isFull) {
      sendJson(response, 503, { error: 'too many pages are open' });
      return;
    }
    const { socket } = response;
    if (socket !== null) this.#pages.add(socket);
    response.once('close', () => {
      if (socket !== null) this.#pages.delete(socket);
    });
    // nginx would otherwise buffer the stream.
    response.writeHead(200, {
      ...HEADERS,
      'Content-Type': 'application/x-ndjson',
      'X-Accel-Buffering': 'no',
    });
    this.#live.add(response);
  }

  async #order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#parts.readOnly) {
      sendJson(response, 403, { error: 'this page only shows: bussa web was started with --read-only' });
      return;
    }
    const body = await readBody(request);
    if (body === undefined) {
      response.setHeader('Connection', 'close');
      sendJson(response, 413, { error: `a command has at most ${MAX_BODY} bytes` });
      return;
    }
    const { status, value, isDone } = await answerOrder(this.#parts.choice, body);
    sendJson(response, status, value);
    if (isDone) await this.#live.refresh();
  }
}

/** Removes a socket that nobody listens on. Whatever else is there stays, and is an error. */
async function makeWay(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} exists, and is not a socket: choose another path`);
  if (await isListenedOn(path)) throw new Error(`another process listens on ${path}`);
  rmSync(path);
}

function isListenedOn(path: string): Promise<boolean> {
  const socket = connect(path);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  }).then((is) => {
    socket.destroy();
    return is === true;
  });
}

/** Whatever the request line says, it is a path of this server. */
function targetOf({ url = '/' }: IncomingMessage): URL {
  const base = 'http://localhost';
  const target = url.startsWith('/') ? `${base}${url}` : `${base}/`;
  return URL.canParse(target) ? new URL(target) : new URL(base);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(value)}\n`);
}

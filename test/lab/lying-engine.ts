import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What it answers to a command instead of the truth, as the protocol has it. `undefined`: the truth. */
export type Lie = (command: string, words: readonly string[]) => string | undefined;

/** Instead of the time that XREAD waits for. */
const WAIT_MS = 20;

type Entry = { readonly id: string; readonly record: string };

/** An engine with just what the carrier asks for, without TLS, that answers whatever the test makes up. */
export class LyingEngine implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  lie: Lie = () => undefined;
  /** How many were made. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #listeners = new Set<Socket>();
  readonly #stream: Entry[] = [];
  #lied = (): void => undefined;
  #serial = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    this.url = `valkey://gw1@127.0.0.1:${port}`;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<LyingEngine> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LyingEngine(server, (server.address() as { port: number }).port);
  }

  add(record: string): string {
    this.#serial += 1;
    const id = `${Date.now()}-${this.#serial}`;
    this.#stream.push({ id, record });
    return id;
  }

  /** A message to everybody who listens. */
  publish(channel: string, message: string): void {
    this.say(array(['message', channel, message].map(bulk)));
  }

  /** These bytes to everybody who listens. */
  say(bytes: string): void {
    for (const socket of this.#listeners) socket.write(Buffer.from(bytes, 'latin1'));
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when it has lied from now on. */
  hasLied(): Promise<void> {
    return new Promise((resolve) => (this.#lied = resolve));
  }

  get newest(): string {
    return this.#stream.at(-1)?.id ?? '0-0';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#listeners.delete(socket);
    });
    let begun = '';
    let last = Promise.resolve();
    socket.on('data', (bytes) => {
      begun += bytes.toString('latin1');
      for (let parsed = parseCommand(begun); parsed !== undefined; parsed = parseCommand(begun)) {
        begun = begun.slice(parsed.length);
        const [command = '', ...words] = parsed.words;
        last = last.then(() => this.#answer(socket, command.toUpperCase(), words));
      }
    });
  }

  async #answer(socket: Socket, command: string, words: readonly string[]): Promise<void> {
    const lie = this.lie(command, words);
    if (lie !== undefined) this.#lied();
    if (command === 'SUBSCRIBE') this.#listeners.add(socket);
    if (command === 'XREAD') await delay(WAIT_MS);
    socket.write(Buffer.from(lie ?? this.#truth(command, words), 'latin1'));
  }

  #truth(command: string, words: readonly string[]): string {
    switch (command) {
      case 'TIME':
        return array([bulk(`${Math.floor(Date.now() / 1000)}`), bulk(`${(Date.now() % 1000) * 1000}`)]);
      case 'ROLE':
        return array([bulk('master'), ':0\r\n', '*0\r\n']);
      case 'EXISTS':
      case 'CONFIG':
      case 'ACL':
      case 'DEL':
        return '-NOPERM no\r\n';
      case 'HSCAN':
        return array([bulk('0'), '*0\r\n']);
      case 'HSET':
        return ':1\r\n';
      case 'SUBSCRIBE':
        return words.map((word, at) => array([bulk('subscribe'), bulk(word), `:${at + 1}\r\n`])).join('');
      case 'XINFO':
        return array([
          ...[bulk('length'), `:${this.#stream.length}\r\n`],
          ...[bulk('last-generated-id'), bulk(this.newest)],
        ]);
      case 'XRANGE':
        return '*0\r\n';
      case 'XADD':
        return bulk(this.add(words.at(-1) ?? ''));
      case 'XREAD':
        return entriesAnswer(this.#stream.filter(({ id }) => isBehind(id, words.at(-1) ?? '0-0')));
      case 'PING':
        return array([bulk('pong'), bulk('')]);
      default:
        return '+OK\r\n';
    }
  }
}

export const bulk = (text: string): string => `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`;
export const array = (parts: readonly string[]): string => `*${parts.length}\r\n${parts.join('')}`;

/** Of XREAD. It answers at once, as if it had waited. */
export function entriesAnswer(entries: readonly Entry[]): string {
  if (entries.length === 0) return '*-1\r\n';
  const rendered = entries.map(({ id, record }) => array([bulk(id), array([bulk('r'), bulk(record)])]));
  return array([array([bulk('stream'), array(rendered)])]);
}

function isBehind(id: string, other: string): boolean {
  const [time = 0, serial = 0] = id.split('-').map(Number);
  const [otherTime = 0, otherSerial = 0] = other.split('-').map(Number);
  return time > otherTime || (time === otherTime && serial > otherSerial);
}

function parseCommand(text: string): { readonly words: string[]; readonly length: number } | undefined {
  const head = /^\*([0-9]+)\r\n/.exec(text);
  if (head === null) return undefined;
  const words: string[] = [];
  let at = head[0].length;
  for (let n = Number(head[1]); n > 0; n--) {
    const size = /^\$([0-9]+)\r\n/.exec(text.slice(at, at + 16));
    if (size === null) return undefined;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(at, end));
    at = end + 2;
  }
  return { words, length: at };
}

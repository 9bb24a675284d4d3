import { connect, type Socket } from 'node:net';
import type { Port } from '../../core/net/port.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { type Destination, renderDestination } from './destination.ts';

/** What a port answers to somebody who wants to connect; `code` is the errno's name. */
export type PortAnswer =
  | { readonly kind: 'open'; readonly socket: Socket }
  /** A reset: somebody is there, and nobody listens, or a firewall says so. */
  | { readonly kind: 'refused' }
  /** No route here, or an ICMP message from a router or a firewall. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** This machine does not let it leave, or has no address for it. */
  | { readonly kind: 'not-sent'; readonly code: string }
  | { readonly kind: 'silent' };

/** A SYN that left so short a time ago has met the rule that the word tells of. */
const YOUNG_MS = 2;

const REFUSED = new Set(['ECONNREFUSED', 'ECONNRESET']);
const FROM_OUTSIDE = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENOPROTOOPT',
]);

/**
 * Asks a port for a connection, more than once: a SYN that came before the port opened is sent again by the kernel after a
 * whole second only. The first connection that is made is the one; the others are given up before they are made, so that
 * the service behind the port sees one client alone. BOUNDED: by the starts that are asked for.
 */
export class PortProbe {
  /** The first connection; it is the caller's. */
  readonly opened: Promise<Socket>;
  readonly #to: Destination;
  readonly #port: Port;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #found: (socket: Socket) => void;
  #answer: PortAnswer = { kind: 'silent' };
  #whenExhausted: (() => void) | undefined;
  #isOver = false;
  /** When the last connection was begun. */
  #begun = Number.NEGATIVE_INFINITY;

  constructor(to: Destination, port: Port) {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    this.#to = to;
    this.#port = port;
    this.opened = promise;
    this.#found = resolve;
  }

  /** What came back last; `open` once a connection is made. */
  get answer(): PortAnswer {
    return this.#answer;
  }

  /** Begins a connection at each of these times from now. */
  ask(starts: readonly Millis[]): void {
    for (const start of starts) {
      if (start === 0) {
        this.#begin();
        continue;
      }
      const timer = setTimeout(() => {
        // Where this process is late, the connection may be there already: what has come in is looked at first.
        setImmediate(() => {
          this.#timers.delete(timer);
          this.#begin();
        });
      }, start);
      this.#timers.add(timer);
    }
  }

  /** The port is open, by somebody's word: begins a connection, unless one is so young that it will be made. */
  hurry(): void {
    if (performance.now() - this.#begun >= YOUNG_MS) this.ask([millis(1)]);
  }

  /** The answer: the connection, or the last one when no more can come, at the latest after `patience`. */
  async within(patience: Millis): Promise<PortAnswer> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    this.#whenExhausted = resolve;
    if (this.isIdle) resolve();
    await Promise.race([this.opened, promise]);
    clearTimeout(timer);
    return this.#answer;
  }

  /** Gives up what is under way; a connection that is made stays. */
  close(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#timers.clear();
    this.#sockets.clear();
    this.#whenExhausted?.();
  }

  /** Whether no connection is under way or to come. */
  get isIdle(): boolean {
    return this.#timers.size === 0 && this.#sockets.size === 0;
  }

  #begin(): void {
    if (this.#isOver) return;
    this.#begun = performance.now();
    const socket = connect({
      host: renderDestination(this.#to),
      port: this.#port,
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#sockets.add(socket);
    socket.once('connect', () => this.#take(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(socket, error.code ?? error.message));
  }

  #take(socket: Socket): void {
    if (this.#isOver) return;
    socket.removeAllListeners('error');
    this.#sockets.delete(socket);
    this.#answer = { kind: 'open', socket };
    this.close();
    this.#found(socket);
  }

  #lose(socket: Socket, code: string): void {
    if (this.#isOver) return;
    this.#sockets.delete(socket);
    this.#answer = answerOf(code);
    if (this.isIdle) this.#whenExhausted?.();
  }
}

function answerOf(code: string): PortAnswer {
  if (REFUSED.has(code)) return { kind: 'refused' };
  return FROM_OUTSIDE.has(code) ? { kind: 'unreachable', code } : { kind: 'not-sent', code };
}

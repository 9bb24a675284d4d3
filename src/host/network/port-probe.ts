import { connect, type Socket } from 'node:net';
import type { Port } from '../../core/net/port.ts';
import { type Millis, millis } from '../../core/net/time.ts';
import { monotonicMs } from '../clock/monotonic.ts';
import { type Destination, renderDestination } from './destination.ts';

/** A port's answer to a connection attempt; `code`: the errno's name. */
export type PortAnswer =
  | { readonly kind: 'open'; readonly socket: Socket }
  /** A reset: the host exists, and nothing listens or a firewall refuses. */
  | { readonly kind: 'refused' }
  /** No route, or an ICMP message from a router or a firewall. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** This host does not let the packet leave, or has no address for it. */
  | { readonly kind: 'not-sent'; readonly code: string }
  | { readonly kind: 'silent' };

/** A SYN sent this recently has met the rule that was just reported. */
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
 * Connects to a port, more than once: if a SYN arrives before the port opens, the kernel repeats it only after a
 * second. The first established connection is used. The others are abandoned before they are established, so that the
 * service sees one client. BOUNDED: by the requested starts.
 */
export class PortProbe {
  /** The first connection. The caller owns it. */
  readonly opened: Promise<Socket>;
  readonly #to: Destination;
  readonly #port: Port;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #found: (socket: Socket) => void;
  #answer: PortAnswer = { kind: 'silent' };
  #whenExhausted: (() => void) | undefined;
  #isOver = false;
  /** When the last connection was started. */
  #begun = Number.NEGATIVE_INFINITY;

  constructor(to: Destination, port: Port) {
    const { promise, resolve } = Promise.withResolvers<Socket>();
    this.#to = to;
    this.#port = port;
    this.opened = promise;
    this.#found = resolve;
  }

  /** The last answer; `open` once a connection is established. */
  get answer(): PortAnswer {
    return this.#answer;
  }

  /** Starts a connection at each of these times from now. */
  ask(starts: readonly Millis[]): void {
    for (const start of starts) {
      if (start === 0) {
        this.#begin();
        continue;
      }
      const timer = setTimeout(() => {
        // If this process is late, the connection may already exist: process received events first.
        setImmediate(() => {
          this.#timers.delete(timer);
          this.#begin();
        });
      }, start);
      this.#timers.add(timer);
    }
  }

  /** The port is reported to be open: starts a connection, unless a recent one will succeed. */
  hurry(): void {
    if (monotonicMs() - this.#begun >= YOUNG_MS) this.ask([millis(1)]);
  }

  /** The result: the connection, or the last answer when no more can come, at the latest after `patience`. */
  async within(patience: Millis): Promise<PortAnswer> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    this.#whenExhausted = resolve;
    if (this.isIdle) resolve();
    await Promise.race([this.opened, promise]);
    clearTimeout(timer);
    return this.#answer;
  }

  /** Abandons pending connections. An established one stays. */
  close(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#timers.clear();
    this.#sockets.clear();
    this.#whenExhausted?.();
  }

  /** Whether no connection is pending or scheduled. */
  get isIdle(): boolean {
    return this.#timers.size === 0 && this.#sockets.size === 0;
  }

  #begin(): void {
    if (this.#isOver) return;
    this.#begun = monotonicMs();
    const socket = connect({
      host: renderDestination(this.#to),
      port: this.#port,
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#sockets.add(socket);
    socket.once('connect', () => this.#adopt(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(socket, error.code ?? error.message));
  }

  #adopt(socket: Socket): void {
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

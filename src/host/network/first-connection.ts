import { connect, type Socket } from 'node:net';
import type { Port } from '../../core/net/port.ts';
import type { Millis } from '../../core/net/time.ts';
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
 * Begins one connection at each of these times (the first is 0) and gives the first that is made: a SYN that came before
 * the port opened is sent again by the kernel after a whole second only. None is made: the last answer, at once when no
 * more can come, else after `patience`. BOUNDED: by `starts`; all but the one that is given are let go.
 */
export function firstConnection(
  to: Destination,
  port: Port,
  starts: readonly Millis[],
  patience: Millis,
): Promise<PortAnswer> {
  const { promise, resolve } = Promise.withResolvers<PortAnswer>();
  const sockets = new Set<Socket>();
  const timers: NodeJS.Timeout[] = [];
  let left = starts.length;
  let answer: PortAnswer = { kind: 'silent' };
  const end = (final: PortAnswer): void => {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) if (final.kind !== 'open' || socket !== final.socket) socket.destroy();
    resolve(final);
  };
  const begin = (): void => {
    const socket = connect({ host: renderDestination(to), port, allowHalfOpen: true, noDelay: true });
    sockets.add(socket);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      end({ kind: 'open', socket });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      sockets.delete(socket);
      answer = answerOf(error.code ?? error.message);
      if (--left === 0) end(answer);
    });
  };
  for (const start of starts) {
    if (start === 0) begin();
    else timers.push(setTimeout(begin, start));
  }
  timers.push(setTimeout(() => end(answer), patience));
  return promise;
}

function answerOf(code: string): PortAnswer {
  if (REFUSED.has(code)) return { kind: 'refused' };
  return FROM_OUTSIDE.has(code) ? { kind: 'unreachable', code } : { kind: 'not-sent', code };
}

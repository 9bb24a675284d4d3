import { connect } from 'node:net';
import type { Port } from '../../core/net/port.ts';
import type { Protocol } from '../../core/net/protocol.ts';
import { type Destination, renderDestination } from './destination.ts';

/** A knock that waits for an answer: an ordinary socket, which needs no root. */
export type AnsweredKnock = {
  /** Resolves when the packet has been sent, with the error if the kernel refused it. */
  readonly left: Promise<NodeJS.ErrnoException | undefined>;
  /**
   * Resolves when something came back: a reset, a connection or an ICMP message. The packet has arrived, or is lost.
   */
  readonly answered: Promise<void>;
  /** Must be called: the kernel repeats the SYN after a second if the socket is still open. */
  close(): void;
};

/** The payload of a UDP knock, as the C client sends it. */
const ONE_NUL = new Uint8Array(1);

export function sendAnsweredKnock(to: Destination, protocol: Protocol, port: Port): AnsweredKnock {
  return protocol === 'tcp' ? sendSyn(to, port) : sendDatagram(to, port);
}

function sendSyn(to: Destination, port: Port): AnsweredKnock {
  const left = Promise.withResolvers<NodeJS.ErrnoException | undefined>();
  const answered = Promise.withResolvers<void>();
  const socket = connect({ host: renderDestination(to), port });
  let isConnected = false;
  let hasLeft = false;
  afterTicks(TICKS_TO_FAIL, () => {
    hasLeft = true;
    left.resolve(undefined);
  });
  socket.once('connect', () => {
    isConnected = true;
    answered.resolve();
  });
  socket.on('error', (error) => {
    if (hasLeft || isAnswer(error)) answered.resolve();
    else left.resolve(error);
  });
  const close = (): void => {
    // A reset is one packet to a port of the sequence; an orderly close would be two.
    if (isConnected) socket.resetAndDestroy();
    else socket.destroy();
  };
  return { left: left.promise, answered: answered.promise, close };
}

/** A refusal comes from the other side, even if it arrives before connect(2) has returned. */
const isAnswer = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNREFUSED' || code === 'ECONNRESET';

/** Node.js calls connect(2) in the next tick, and reports a failure one tick later. */
const TICKS_TO_FAIL = 3;

function afterTicks(count: number, call: () => void): void {
  process.nextTick(() => (count > 1 ? afterTicks(count - 1, call) : call()));
}

/** Loaded only for who knocks by UDP. */
const dgram = () => process.getBuiltinModule('node:dgram');

function sendDatagram(to: Destination, port: Port): AnsweredKnock {
  const left = Promise.withResolvers<NodeJS.ErrnoException | undefined>();
  const answered = Promise.withResolvers<void>();
  const socket = dgram().createSocket(to.family === 4 ? 'udp4' : 'udp6');
  let hasLeft = false;
  socket.on('error', (error) => {
    if (hasLeft) answered.resolve();
    else left.resolve(error);
  });
  socket.once('message', () => answered.resolve());
  socket.once('connect', () => {
    socket.send(ONE_NUL, (error) => {
      hasLeft = true;
      left.resolve(error ?? undefined);
    });
  });
  socket.connect(port, renderDestination(to));
  let isClosed = false;
  const close = (): void => {
    if (!isClosed) socket.close();
    isClosed = true;
  };
  return { left: left.promise, answered: answered.promise, close };
}

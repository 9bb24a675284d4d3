import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { NetServiceContext } from './net-service-context.ts';

type Talker = Pick<NetServiceContext, 'say' | 'onEnd'> & {
  readonly from: string;
  readonly host: string;
  readonly port: number;
};

const TICK_MS = 50;

/**
 * Talks to a service every 50 ms: `PROTOCOL FROM TO PORT`. Says `ready` and waits for a line; then `from PORT` when it can
 * talk, `got` for what comes back, and `end` when a TCP connection is over. It goes on until it is stopped.
 */
export function pushClient({ args, say, inside, onLine, onEnd }: NetServiceContext): void {
  const [protocol, from = '', host = '', port = ''] = args;
  const talker = { say, onEnd, from, host, port: Number(port) };
  onLine(() => inside(() => (protocol === 'tcp' ? talkTcp(talker) : talkUdp(talker))));
  say('ready');
}

function talkTcp({ say, onEnd, from, host, port }: Talker): void {
  const socket = connect({ host, port, localAddress: from });
  const ticking = setInterval(() => socket.writable && !socket.connecting && socket.write('tick'), TICK_MS);
  socket.on('connect', () => say(`from ${socket.localPort}`));
  socket.on('data', () => say('got'));
  socket.on('error', (error) => say(error.message));
  socket.on('close', () => {
    clearInterval(ticking);
    say('end');
  });
  onEnd(() => {
    clearInterval(ticking);
    socket.destroy();
  });
}

function talkUdp({ say, onEnd, from, host, port }: Talker): void {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let ticking: NodeJS.Timeout | undefined;
  socket.on('message', () => say('got'));
  socket.bind(0, from, () => {
    say(`from ${socket.address().port}`);
    ticking = setInterval(() => socket.send('tick', port, host, () => undefined), TICK_MS);
  });
  onEnd(() => {
    clearInterval(ticking);
    socket.close();
  });
}

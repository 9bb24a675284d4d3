import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { AcceptedSockets } from './accepted-sockets.ts';
import type { NetServiceContext } from './net-service-context.ts';

type OnePort = Pick<NetServiceContext, 'say' | 'inside' | 'onEnd'> & {
  readonly port: number;
  readonly begun: () => void;
};

const TICK_MS = 50;

/**
 * Services that talk without being asked: on `tcp/…` and `udp/…` each peer is sent a tick every 50 ms from its first byte
 * on. Says `heard PORT` for each chunk or datagram of the peer at that port, and `lost PORT` at the end of a TCP
 * connection.
 */
export function pushService({ args, say, inside, onEnd }: NetServiceContext): void {
  let listening = 0;
  const begun = (): void => {
    listening++;
    if (listening === args.length) say('serving');
  };
  for (const [protocol, number] of args.map((text) => text.split('/'))) {
    const one = { say, inside, onEnd, port: Number(number), begun };
    if (protocol === 'tcp') serveTcp(one);
    else serveUdp(one);
  }
}

// `::` takes IPv4 as well.
function serveTcp({ say, inside, onEnd, port, begun }: OnePort): void {
  const accepted = new AcceptedSockets();
  const server = createServer((socket) => {
    accepted.add(socket);
    const peer = socket.remotePort;
    const ticking = setInterval(() => socket.write('tick'), TICK_MS);
    socket.on('data', () => say(`heard ${peer}`));
    socket.on('close', () => {
      clearInterval(ticking);
      say(`lost ${peer}`);
    });
  });
  onEnd(() => accepted.close(server));
  inside(() => server.listen({ port, host: '::' }, begun));
}

function serveUdp({ say, inside, onEnd, port, begun }: OnePort): void {
  const socket = createSocket('udp6');
  const ticking = new Map<string, NodeJS.Timeout>();
  // What the firewall does not let out is an error here (EPERM).
  const tick = (peerPort: number, address: string): void =>
    socket.send('tick', peerPort, address, () => undefined);
  socket.on('message', (_bytes, peer) => {
    say(`heard ${peer.port}`);
    const name = `${peer.address} ${peer.port}`;
    if (!ticking.has(name)) ticking.set(name, setInterval(tick, TICK_MS, peer.port, peer.address));
  });
  onEnd(() => {
    for (const timer of ticking.values()) clearInterval(timer);
    socket.close();
  });
  inside(() => socket.bind(port, '::', begun));
}

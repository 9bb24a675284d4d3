import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { AcceptedSockets } from './accepted-sockets.ts';
import type { NetServiceContext } from './net-service-context.ts';

type OnePort = Pick<NetServiceContext, 'inside' | 'onEnd'> & {
  readonly port: number;
  readonly begun: () => void;
};

/**
 * Services: greets and echoes on `tcp/…`, echoes on `udp/…`; on `udp-second/…` what comes first from an address and port
 * is not answered.
 */
export function portService({ args, say, inside, onEnd }: NetServiceContext): void {
  let listening = 0;
  const begun = (): void => {
    listening++;
    if (listening === args.length) say('serving');
  };
  for (const [protocol, number] of args.map((text) => text.split('/'))) {
    const one = { inside, onEnd, port: Number(number), begun };
    if (protocol === 'tcp') serveTcp(one);
    else serveUdp(one, protocol === 'udp');
  }
}

// `::` takes IPv4 as well.
function serveTcp({ inside, onEnd, port, begun }: OnePort): void {
  const accepted = new AcceptedSockets();
  const server = createServer((socket) => {
    accepted.add(socket);
    socket.write('welcome\n');
    socket.pipe(socket);
  });
  onEnd(() => accepted.close(server));
  inside(() => server.listen({ port, host: '::', backlog: 1024 }, begun));
}

function serveUdp({ inside, onEnd, port, begun }: OnePort, answersFirst: boolean): void {
  const socket = createSocket('udp6');
  const known = new Set<string>();
  socket.on('message', (bytes, peer) => {
    const name = `${peer.address} ${peer.port}`;
    // What the firewall does not let out is an error here (EPERM).
    if (answersFirst || known.has(name)) socket.send(bytes, peer.port, peer.address, () => undefined);
    known.add(name);
  });
  onEnd(() => socket.close());
  inside(() => socket.bind(port, '::', begun));
}

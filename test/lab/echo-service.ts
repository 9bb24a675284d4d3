import { createServer } from 'node:net';
import { AcceptedSockets } from './accepted-sockets.ts';
import type { NetServiceContext } from './net-service-context.ts';

/** A small TCP service: greets with the client's address, then echoes. Argument: the port. */
export function echoService({ args: [port], say, inside, onEnd }: NetServiceContext): void {
  const accepted = new AcceptedSockets();
  const server = createServer((socket) => {
    accepted.add(socket);
    socket.write(`welcome ${socket.remoteAddress}\n`);
    socket.pipe(socket);
  });
  onEnd(() => accepted.close(server));
  // `::` takes IPv4 as well.
  inside(() => server.listen(Number(port), '::', () => say(`serving on ${port}`)));
}

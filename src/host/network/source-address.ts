import { createSocket } from 'node:dgram';
import type { Port } from '../../core/net/port.ts';
import { type Destination, renderDestination } from './destination.ts';

/** This host's source address for packets to that destination. Sends nothing. `undefined`: there is no route. */
export function sourceAddressTo(to: Destination, port: Port): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = createSocket(to.family === 4 ? 'udp4' : 'udp6');
  socket.once('connect', () => {
    resolve(socket.address().address);
    socket.close();
  });
  socket.once('error', () => {
    resolve(undefined);
    socket.close();
  });
  socket.connect(port, renderDestination(to));
  return promise;
}

/**
 * Run as a program inside the client's namespace. For every address on standard input, one of its own, it knocks from
 * there at the server's UDP ports, one after the other. Arguments: the server's address, the ports.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const [server, ...ports] = process.argv.slice(2);

console.log('ready');
for await (const source of createInterface(process.stdin)) {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, source);
  await once(socket, 'listening');
  for (const port of ports) {
    await new Promise((resolve) => socket.send('\0', Number(port), server, resolve));
  }
  socket.close();
  console.log('sent');
}

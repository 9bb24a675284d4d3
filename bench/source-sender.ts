/**
 * Run as a program inside the client's namespace. For every line `SOURCE`, an address of its own, it knocks from there
 * at the server's UDP ports, one after the other; for `SOURCE PORT HEX` it sends that payload to that port.
 * Arguments: the server's address, the ports.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const [server, ...ports] = process.argv.slice(2);

console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const [source = '', to, hex = '00'] = line.split(' ');
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.bind(0, source);
  await once(socket, 'listening');
  for (const port of to === undefined ? ports : [to]) {
    await new Promise((resolve) => socket.send(Buffer.from(hex, 'hex'), Number(port), server, resolve));
  }
  socket.close();
  console.log('sent');
}

/**
 * Services run as a program: greets and echoes on `tcp/…`, echoes on `udp/…`; on `udp-second/…` what comes first from
 * an address and port is not answered.
 */
import { createSocket } from 'node:dgram';
import { flushCompileCache } from 'node:module';
import { createServer } from 'node:net';

// Tests end this program by a signal, with which Node.js keeps nothing of what it has compiled.
flushCompileCache();

const ports = process.argv.slice(2);
let listening = 0;
const begun = (): void => {
  listening++;
  if (listening === ports.length) console.log('serving');
};

for (const [protocol, port] of ports.map((text) => text.split('/'))) {
  // `::` takes IPv4 as well.
  if (protocol === 'tcp') {
    createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.write('welcome\n');
      socket.pipe(socket);
    }).listen({ port: Number(port), host: '::', backlog: 1024 }, begun);
  } else {
    const socket = createSocket('udp6');
    const known = new Set<string>();
    socket.on('message', (bytes, { address, port }) => {
      const peer = `${address} ${port}`;
      if (protocol === 'udp' || known.has(peer)) socket.send(bytes, port, address);
      known.add(peer);
    });
    socket.bind(Number(port), '::', begun);
  }
}

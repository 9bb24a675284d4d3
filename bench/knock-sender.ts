/**
 * Run as a program inside the client's namespace. For every line on standard input it knocks at the server's three
 * UDP ports and answers with the time of the last knock: nanoseconds of CLOCK_MONOTONIC, the same in all processes.
 * Arguments: the server's address, three ports.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const [server, ...ports] = process.argv.slice(2);

const sockets = await Promise.all(
  ports.map(async (port) => {
    const socket = createSocket('udp4');
    socket.on('error', () => undefined);
    socket.connect(Number(port), server);
    await once(socket, 'connect');
    return socket;
  }),
);
console.log('ready');
for await (const _line of createInterface(process.stdin)) {
  let last = 0n;
  for (const socket of sockets) {
    last = process.hrtime.bigint();
    socket.send('\0');
  }
  console.log(`sent ${last}`);
}
for (const socket of sockets) socket.close();

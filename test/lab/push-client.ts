/**
 * Talks to a service every 50 ms, run as a program: `PROTOCOL FROM TO PORT`. Prints `ready` and waits for a line; then
 * `from PORT` when it can talk, `got` for what comes back, and `end` when a TCP connection is over. It goes on until it is
 * stopped.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const TICK_MS = 50;
const [protocol, from = '', host = '', port = ''] = process.argv.slice(2);

// To start takes a second and more on a busy machine: longer than some doors are open.
console.log('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.unref();

if (protocol === 'tcp') {
  const socket = connect({ host, port: Number(port), localAddress: from });
  const ticking = setInterval(() => socket.writable && !socket.connecting && socket.write('tick'), TICK_MS);
  socket.on('connect', () => console.log(`from ${socket.localPort}`));
  socket.on('data', () => console.log('got'));
  socket.on('error', (error) => console.log(error.message));
  socket.on('close', () => {
    clearInterval(ticking);
    console.log('end');
  });
} else {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', () => console.log('got'));
  socket.bind(0, from, () => {
    console.log(`from ${socket.address().port}`);
    setInterval(() => socket.send('tick', Number(port), host, () => undefined), TICK_MS);
  });
}

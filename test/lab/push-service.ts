/**
 * Services that talk without being asked, run as a program: on `tcp/…` and `udp/…` each peer is sent a tick every 50 ms
 * from its first byte on. Prints `heard PORT` for each chunk or datagram of the peer at that port, and `lost PORT` at
 * the end of a TCP connection.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const TICK_MS = 50;
const ports = process.argv.slice(2);
let listening = 0;
const begun = (): void => {
  listening++;
  if (listening === ports.length) console.log('serving');
};

for (const [protocol, port] of ports.map((text) => text.split('/'))) {
  if (protocol === 'tcp') serveTcp(Number(port));
  else serveUdp(Number(port));
}

// `::` takes IPv4 as well.
function serveTcp(port: number): void {
  createServer((socket) => {
    const peer = socket.remotePort;
    const ticking = setInterval(() => socket.write('tick'), TICK_MS);
    socket.on('data', () => console.log(`heard ${peer}`));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(ticking);
      console.log(`lost ${peer}`);
    });
  }).listen({ port, host: '::' }, begun);
}

function serveUdp(port: number): void {
  const socket = createSocket('udp6');
  const known = new Set<string>();
  // What the firewall does not let out is an error here (EPERM).
  const tick = (peerPort: number, address: string): void =>
    socket.send('tick', peerPort, address, () => undefined);
  socket.on('message', (_bytes, { address, port: peerPort }) => {
    console.log(`heard ${peerPort}`);
    if (known.has(`${address} ${peerPort}`)) return;
    known.add(`${address} ${peerPort}`);
    setInterval(tick, TICK_MS, peerPort, address);
  });
  socket.bind(port, '::', begun);
}

/**
 * Run as a program inside the client's namespace: sends a packet to the server, to the port of single packet
 * authorization, every millisecond. Argument: the server's address.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { SPA_PORT } from './fwknop.ts';

const socket = createSocket('udp4');
socket.on('error', () => undefined);
socket.connect(SPA_PORT, process.argv[2]);
await once(socket, 'connect');
setInterval(() => socket.send('\0'), 1);
console.log('ready');

/** A small TCP service, run as a program: greets with the client's address, then echoes. Argument: the port. */
import { flushCompileCache } from 'node:module';
import { createServer } from 'node:net';

// Tests end this program by a signal, with which Node.js keeps nothing of what it has compiled.
flushCompileCache();

const port = Number(process.argv[2]);

// `::` takes IPv4 as well.
createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write(`welcome ${socket.remoteAddress}\n`);
  socket.pipe(socket);
}).listen(port, '::', () => console.log(`serving on ${port}`));

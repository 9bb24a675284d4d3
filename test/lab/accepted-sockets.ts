import type { Server, Socket } from 'node:net';

/** The connections of a service, which end with it. */
export class AcceptedSockets {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  close(server: Server): void {
    server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

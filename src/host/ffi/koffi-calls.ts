import koffi from 'koffi';
import type { ClientCalls } from './client-calls.ts';
import { exitNow } from './exit-now.ts';
import { libc } from './libc.ts';
import { sockets } from './socket.ts';

/** The same by koffi. */
export const koffiCalls: ClientCalls = {
  socket: libc.socket,
  setsockopt: libc.setsockopt,
  connect: sockets.connect,
  sendto: sockets.sendto,
  close: libc.close,
  ifNametoindex: sockets.ifNametoindex,
  exit: exitNow,
  errno: () => koffi.errno(),
};

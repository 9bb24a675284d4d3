import { SystemCallError } from '../ffi/system-call-error.ts';
import { openDiagnosisSocket } from '../netlink/netlink-socket.ts';
import { readLocalPort, renderListenerQuery, SOCK_DIAG_BY_FAMILY } from '../netlink/socket-messages.ts';

/**
 * The ports of listening TCP sockets. The kernel looks only at those; for /proc/net/tcp it searches the table of all
 * connections too, which takes 2 to 5 ms even if it is empty. `undefined`: this kernel has no socket diagnosis.
 */
export function readTcpListeners(): readonly number[] | undefined {
  try {
    using sockets = openDiagnosisSocket();
    const ports: number[] = [];
    for (const family of [4, 6] as const)
      sockets.listNow(SOCK_DIAG_BY_FAMILY, renderListenerQuery(family), (body) => {
        const port = readLocalPort(body);
        if (port !== undefined) ports.push(port);
      });
    return ports;
  } catch (error) {
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}

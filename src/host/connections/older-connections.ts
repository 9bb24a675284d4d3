import { SystemCallError } from '../ffi/system-call-error.ts';
import { NLM_F_NEW } from '../netlink/netlink-message.ts';
import { type NetlinkSocket, openDiagnosisSocket, openTrackingSocket } from '../netlink/netlink-socket.ts';
import {
  readEnds,
  renderSocketQuery,
  renderSocketRequest,
  SOCK_DESTROY,
  SOCK_DIAG_BY_FAMILY,
  type SocketEnds,
} from '../netlink/socket-messages.ts';
import type { QueriedPorts } from './connections.ts';
import { CT_NEW, renderEstablished } from './conntrack-messages.ts';

/** asm-generic/errno-base.h and errno.h. */
const EEXIST = 17;
const EOPNOTSUPP = 95;

/** BOUNDED: further connections are not imported. */
const MAX_TRACKED = 65_536;

/**
 * Adds the TCP connections to these ports of this host that are older than the connection tracking, which starts with
 * the first rule that uses it. Returns how many were new to it. If sockets cannot be destroyed, one of them may have
 * been cut before, so nothing is done. Throws the system's error as a `SystemCallError`.
 */
export function importConnections(ports: readonly QueriedPorts[]): number {
  using sockets = openDiagnosisSocket();
  using tracking = openTrackingSocket();
  if (!endsSockets(sockets)) return 0;
  let count = 0;
  for (const ends of listSockets(sockets, ports)) if (track(tracking, ends)) count++;
  return count;
}

/**
 * Tests for CONFIG_INET_DIAG_DESTROY with a socket that cannot exist: a kernel that has it answers that there is none.
 */
function endsSockets(sockets: NetlinkSocket): boolean {
  const nobody = '192.0.2.0' as SocketEnds['local'];
  const ends: SocketEnds = { local: nobody, localPort: 0, remote: nobody, remotePort: 0 };
  return sockets.order(SOCK_DESTROY, renderSocketRequest(ends, new Uint8Array(8))) !== EOPNOTSUPP;
}

function listSockets(sockets: NetlinkSocket, ports: readonly QueriedPorts[]): SocketEnds[] {
  const found: SocketEnds[] = [];
  for (const family of [4, 6] as const) {
    sockets.listNow(SOCK_DIAG_BY_FAMILY, renderSocketQuery(family), (body) => {
      const ends = readEnds(body);
      if (ends !== undefined && found.length < MAX_TRACKED && isAt(ends, ports)) found.push(ends);
    });
  }
  return found;
}

function isAt({ localPort }: SocketEnds, ports: readonly QueriedPorts[]): boolean {
  return ports.some(
    ({ protocol, first, last }) => protocol === 'tcp' && first <= localPort && localPort <= last,
  );
}

/** An entry that exists already, begun by either side, is not an error. */
function track(tracking: NetlinkSocket, ends: SocketEnds): boolean {
  const errno = tracking.order(CT_NEW, renderEstablished(ends), NLM_F_NEW);
  if (errno === 0 || errno === EEXIST) return errno === 0;
  const subject = `the connection of ${ends.remote} port ${ends.remotePort} to ${ends.local} port ${ends.localPort}`;
  throw new SystemCallError('IPCTNL_MSG_CT_NEW', subject, errno);
}

import { SystemCallError } from '../ffi/system-call-error.ts';
import { NLM_F_NEW } from '../netlink/netlink-message.ts';
import { NetlinkSocket } from '../netlink/netlink-socket.ts';
import type { QueriedPorts } from './connections.ts';
import { CT_NEW, renderEstablished } from './conntrack-messages.ts';
import {
  readEnds,
  renderSocketQuery,
  renderSocketRequest,
  SOCK_DESTROY,
  SOCK_DIAG_BY_FAMILY,
  type SocketEnds,
} from './socket-messages.ts';

/** linux/netlink.h. */
const NETLINK_SOCK_DIAG = 4;
const NETLINK_NETFILTER = 12;

/** asm-generic/errno-base.h and errno.h. */
const EEXIST = 17;
const EOPNOTSUPP = 95;

/** BOUNDED: further connections stay unknown. */
const MAX_TRACKED = 65_536;

/**
 * Has the kernel's connection tracking know the TCP connections to these ports of this host that are older than it: it
 * begins with the first rule that asks for it. Returns how many were new to it. Where sockets cannot be ended, one may
 * be there that has been cut: nothing is done. What the system refuses is thrown as a `SystemCallError`.
 */
export function importConnections(ports: readonly QueriedPorts[]): number {
  const sockets = new NetlinkSocket(NETLINK_SOCK_DIAG, 'the socket-diagnosis netlink socket');
  const tracking = new NetlinkSocket(NETLINK_NETFILTER, 'the connection-tracking netlink socket');
  try {
    if (!endsSockets(sockets)) return 0;
    let count = 0;
    for (const ends of listSockets(sockets, ports)) if (track(tracking, ends)) count++;
    return count;
  } finally {
    tracking.close();
    sockets.close();
  }
}

/** CONFIG_INET_DIAG_DESTROY, asked with a socket that cannot be: every kernel that has it finds none. */
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

/** Known already, whichever side began it: fine. */
function track(tracking: NetlinkSocket, ends: SocketEnds): boolean {
  const errno = tracking.order(CT_NEW, renderEstablished(ends), NLM_F_NEW);
  if (errno === 0 || errno === EEXIST) return errno === 0;
  const subject = `the connection of ${ends.remote} port ${ends.remotePort} to ${ends.local} port ${ends.localPort}`;
  throw new SystemCallError('IPCTNL_MSG_CT_NEW', subject, errno);
}

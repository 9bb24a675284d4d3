import { libc } from '../ffi/libc.ts';
import { lastError, SystemCallError } from '../ffi/system-call-error.ts';
import { renderMessage } from '../netlink/netlink-message.ts';
import { type NetlinkRow, readNetlink } from './read-netlink.ts';

/** linux/netlink.h, linux/socket.h. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_GET_STRICT_CHK = 12;
const NLM_F_REQUEST_DUMP = 0x301;

/** asm-generic/errno-base.h: there is no such table. */
const ENOENT = 2;

/** The kernel fills dumps with messages of up to 32 KiB (netlink_recvmsg). */
const RECEIVE_BYTES = 65_536;

export const ROUTE_SOCKET = 'the routing netlink socket';

/** A socket for dumps that the kernel filters by the request. Kernels before 4.20 list everything. */
export function openRouteSocket(): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw lastError('socket(AF_NETLINK)', ROUTE_SOCKET);
  const on = new Uint8Array(new Int32Array([1]).buffer);
  libc.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, on, on.length);
  return fd;
}

/**
 * Yields the rows of a dump. Changes meanwhile may be missing; the event socket reports them. If it is stopped midway,
 * the socket is no longer usable.
 */
export function* dumpNetlink(fd: number, type: number, body: Uint8Array): Generator<NetlinkRow> {
  const request = renderMessage(type, NLM_F_REQUEST_DUMP, 1, body);
  if (libc.send(fd, request, request.length, 0) < 0) throw lastError('send', ROUTE_SOCKET);
  const bytes = new Uint8Array(RECEIVE_BYTES);
  for (;;) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length < 0) {
      const error = lastError('recv', ROUTE_SOCKET);
      if (error.code === 'EINTR') continue;
      throw error;
    }
    const answer = readNetlink(bytes.subarray(0, length));
    if (answer.errno === ENOENT) return;
    if (answer.errno !== 0) throw new SystemCallError('dump', ROUTE_SOCKET, answer.errno);
    yield* answer.rows;
    if (answer.done) return;
  }
}

import { SystemCallError } from '../ffi/system-call-error.ts';
import { type NetlinkSocket, ROUTE_SOCKET } from '../netlink/netlink-socket.ts';
import { type NetlinkRow, readNetlink } from './read-netlink.ts';

/** asm-generic/errno-base.h: there is no such table. */
const ENOENT = 2;

/**
 * Yields the rows of a list. Changes meanwhile may be missing; the event socket reports them. If it is stopped midway,
 * the socket is no longer usable.
 */
export function* dumpNetlink(socket: NetlinkSocket, type: number, body: Uint8Array): Generator<NetlinkRow> {
  for (const bytes of socket.datagrams(type, body)) {
    const answer = readNetlink(bytes);
    if (answer.errno === ENOENT) return;
    if (answer.errno !== 0) throw new SystemCallError('dump', ROUTE_SOCKET, answer.errno);
    yield* answer.rows;
    if (answer.done) return;
  }
}

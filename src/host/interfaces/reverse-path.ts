import { familyOf } from '../../core/net/address.ts';
import { SystemCallError } from '../ffi/system-call-error.ts';
import { NetlinkSocket } from '../netlink/netlink-socket.ts';
import { type IncomingPacket, RTM_GETROUTE, renderIncomingQuery } from '../netlink/route-messages.ts';

/** linux/netlink.h. */
const NETLINK_ROUTE = 0;

/**
 * What the kernel says of a packet that it throws away for its source (fib_validate_source): the way back to it is by
 * another interface (rp_filter), or nobody can have it. Kernels from 6.13 on say EINVAL of both.
 */
const EINVAL = 22;
const EXDEV = 18;

/** Asks the kernel whether it would take a packet, some 50 µs each. */
export class ReversePath {
  #socket: NetlinkSocket | undefined;

  /**
   * Whether the kernel throws the packet away for its source: its own look at the routes, rules and `rp_filter` as they
   * are now, but for marks that a firewall sets. Of IPv6 there is no such filter. Where it cannot be asked, `false`.
   */
  isThrownAway(packet: IncomingPacket): boolean {
    if (familyOf(packet.source) !== 4) return false;
    try {
      this.#socket ??= new NetlinkSocket(NETLINK_ROUTE, 'the routing netlink socket');
      const answer = this.#socket.ask(RTM_GETROUTE, renderIncomingQuery(packet));
      return answer === EXDEV || answer === EINVAL;
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.close();
      return false;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

import { type Address, familyOf } from '../../core/net/address.ts';
import { SystemCallError } from '../ffi/system-call-error.ts';
import { MessageWriter } from '../netlink/message-writer.ts';
import { type NetlinkSocket, openRouteSocket } from '../netlink/netlink-socket.ts';
import { type IncomingPacket, writeIncomingQuery } from '../netlink/route-messages.ts';

/**
 * The kernel's answers for a packet that it drops because of its source (fib_validate_source): the route back goes
 * through another interface (rp_filter), or the source is impossible. Kernels from 6.13 on answer EINVAL for both.
 */
const EINVAL = 22;
const EXDEV = 18;

const NOBODY: IncomingPacket = {
  source: '192.0.2.2' as Address,
  destination: '192.0.2.1' as Address,
  by: 1,
  protocol: 17,
  sourcePort: 1,
  port: 1,
};

/** Asks the kernel whether it would accept a packet, about 50 µs each. */
export class ReversePath {
  readonly #writer = new MessageWriter();
  #socket: NetlinkSocket | undefined;

  /**
   * Whether the kernel drops the packet because of its source, by the present routes, rules and `rp_filter`, except for
   * firewall marks. IPv6 has no such filter. If the kernel cannot be asked: false.
   */
  isDroppedByKernel(packet: IncomingPacket): boolean {
    if (familyOf(packet.source) !== 4) return false;
    try {
      this.#socket ??= openRouteSocket();
      const answer = this.#socket.askBy((sequence) => writeIncomingQuery(this.#writer, packet, sequence));
      return answer === EXDEV || answer === EINVAL;
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.close();
      return false;
    }
  }

  /** Asks about addresses that nobody has (RFC 5737): the socket is open then, and the code has run. */
  rehearse(): void {
    this.isDroppedByKernel(NOBODY);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

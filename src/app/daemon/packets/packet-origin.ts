import { isLoopback, isPossibleSource } from '../../../core/origin/possible-source.ts';
import { type Packet, packetDestination, packetSource } from '../../../core/packet/packet.ts';
import { TRACED } from '../../../core/trace/trace-entry.ts';
import type { Frame } from '../../../host/capture/capture.ts';
import { ReversePath } from '../../../host/interfaces/reverse-path.ts';
import type { InterfaceWatch } from './interface-watch.ts';

/** The origin of a packet. The other values are those of `TRACED`: why it is not a knock. */
export const ORIGIN = {
  possible: 0,
  /** The same packet is seen again where it enters the host, and counts there. */
  seenAgain: -1,
} as const;

export type Origin = (typeof ORIGIN)[keyof typeof ORIGIN] | typeof TRACED.forged | typeof TRACED.otherVlan;

/** The host's present interfaces and addresses, and which interfaces count. */
export type HeardInterfaces = Pick<InterfaceWatch, 'addresses' | 'topology' | 'hears'>;

/** Judges where packets come from and whom they are for, by the host's present interfaces and addresses. */
export class PacketOrigin {
  readonly #interfaces: HeardInterfaces;
  readonly #reversePath = new ReversePath();

  constructor(interfaces: HeardInterfaces) {
    this.#interfaces = interfaces;
  }

  /** Constant time, no allocation. */
  judge(frame: Frame, packet: Packet): Origin {
    const { addresses, topology } = this.#interfaces;
    const { family, source0, source1, source2, source3 } = packet;
    if (frame.vlan !== 0) {
      const origin = this.#judgeVlan(frame);
      if (origin !== ORIGIN.possible) return origin;
    }
    const isInward = topology.isInward(frame.interfaceIndex);
    if (!isPossibleSource(family, source0, source1, source2, source3, isInward)) return TRACED.forged;
    if (!isInward && addresses.sends(family, source0, source1, source2, source3)) return TRACED.forged;
    if (addresses.isBroadcast(family, source0, source1, source2, source3)) return TRACED.forged;
    return ORIGIN.possible;
  }

  /** A tagged frame enters the host through its VLAN interface or, on a port of a bridge, through the bridge. */
  #judgeVlan({ interfaceIndex, vlan }: Frame): Origin {
    const { topology } = this.#interfaces;
    const own = topology.vlan(interfaceIndex, vlan);
    if (own !== undefined) return this.#interfaces.hears(own) ? ORIGIN.seenAgain : ORIGIN.possible;
    return topology.entry(interfaceIndex) === interfaceIndex ? TRACED.otherVlan : ORIGIN.seenAgain;
  }

  /** Whether the packet is for this host. Only a door with a target takes others, on a bridge or a mirror port. */
  isLocal(frame: Frame, packet: Packet): boolean {
    if (!frame.toThisHost) return false;
    const { addresses, topology } = this.#interfaces;
    const { family, destination0, destination1, destination2, destination3 } = packet;
    if (!addresses.has(family, destination0, destination1, destination2, destination3)) return false;
    // The kernel accepts no packet for loopback addresses from outside.
    return (
      topology.isInward(frame.interfaceIndex) ||
      !isLoopback(family, destination0, destination1, destination2, destination3)
    );
  }

  /** Whether the kernel drops the packet because of its reverse path filter. Only asked for the last knock. */
  isDroppedByKernel(frame: Frame, packet: Packet): boolean {
    const { topology } = this.#interfaces;
    const { interfaceIndex, vlan } = frame;
    if (topology.isInward(interfaceIndex)) return false;
    const carrier = vlan === 0 ? interfaceIndex : (topology.vlan(interfaceIndex, vlan) ?? interfaceIndex);
    return this.#reversePath.isDroppedByKernel({
      source: packetSource(packet),
      destination: packetDestination(packet),
      by: topology.entry(carrier),
      protocol: packet.protocol,
      sourcePort: packet.sourcePort,
      port: packet.destinationPort,
    });
  }

  /** The same question, of which nothing depends on the answer. */
  rehearse(): void {
    this.#reversePath.rehearse();
  }

  close(): void {
    this.#reversePath.close();
  }
}

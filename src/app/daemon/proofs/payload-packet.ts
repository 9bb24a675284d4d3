import type { Address } from '../../../core/net/address.ts';
import type { Instant } from '../../../core/net/time.ts';

/** A datagram with this server's tag, in the form that a judge needs. */
export type PayloadPacket = {
  /** The signed knock, in a copy that stays valid. */
  readonly payload: Uint8Array;
  readonly source: Address;
  readonly sourcePort: number;
  readonly destination: Address;
  readonly port: number;
  /** The interface that it arrived on. */
  readonly interfaceIndex: number;
  /** Whether it is for this host, not for a door's target. */
  readonly isLocal: boolean;
  /** Wall-clock time of the kernel's timestamp. */
  readonly at: Instant;
  /** Whether the kernel drops the packet because of its reverse path filter. Valid only during the call. */
  readonly isDroppedByKernel: () => boolean;
};

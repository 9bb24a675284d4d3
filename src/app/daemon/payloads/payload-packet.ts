import type { Address } from '../../../core/net/address.ts';
import type { Instant } from '../../../core/net/time.ts';

/** A datagram that bears this server's tag: what a judge has to know of it. */
export type PayloadPacket = {
  /** The signed knock: bytes of its own, which stay. */
  readonly payload: Uint8Array;
  readonly source: Address;
  readonly sourcePort: number;
  readonly destination: Address;
  readonly port: number;
  /** By which it came in. */
  readonly interfaceIndex: number;
  /** Whether it is for this host, not for the target of a door. */
  readonly isLocal: boolean;
  /** By the wall clock, as the kernel has stamped it. */
  readonly at: Instant;
  /** Whether the kernel throws it away because the way back to its source is another. Only good until the call returns. */
  readonly isThrownAway: () => boolean;
};

import type { Packet } from '../../../core/packet/packet.ts';
import type { PayloadPacket } from './payload-packet.ts';

/** Why no work goes into a packet that may be good. */
export type Barrier = 'banned' | 'rate' | 'budget';

/** What a ring of payloads is heard for. The first two are asked of each packet, and allocate nothing. */
export interface PayloadJudge {
  /** Whether it may be one of its packets: the cheap checks. What is none is counted. May narrow the payload. */
  recognizes(bytes: Uint8Array, packet: Packet): boolean;
  /** Whether the one that has just been recognized was taken before, where that is cheap to tell. */
  isUsed(bytes: Uint8Array, packet: Packet): boolean;
  /** It is counted, and no work goes into it. */
  turnAway(why: Barrier | 'used'): void;
  takeUsed(packet: PayloadPacket): void;
  take(packet: PayloadPacket): void;
}

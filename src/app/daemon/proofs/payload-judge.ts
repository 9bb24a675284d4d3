import type { Packet } from '../../../core/packet/packet.ts';
import type { PayloadPacket } from './payload-packet.ts';

/** Why a possibly valid packet is not examined further. */
export type SkipReason = 'banned' | 'rate' | 'budget';

/** What a payload ring passes packets to. The first two methods run for each packet and allocate nothing. */
export interface PayloadJudge {
  /** Cheap checks whether the packet may be of this kind. A packet that is not is counted. May narrow the payload. */
  recognizes(bytes: Uint8Array, packet: Packet): boolean;
  /** Whether the packet just recognized was used before, if that is cheap to tell. */
  isUsed(bytes: Uint8Array, packet: Packet): boolean;
  /** Counts the packet, which is not examined further. */
  turnAway(why: SkipReason | 'used'): void;
  judgeUsed(packet: PayloadPacket): void;
  /** Judges the packet. Returns whether it is a valid proof that was recorded as used: nobody without a key can send one. */
  judge(packet: PayloadPacket): boolean;
}

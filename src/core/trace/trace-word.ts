import type { Steps } from '../attempt/steps.ts';
import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import type { Packet } from '../packet/packet.ts';

const PORT_BITS = 16;
export const KIND_SHIFT = PORT_BITS;
export const KIND_MASK = 31;
export const UDP = 1 << 21;
/** The number of the door's list, 4 bits; then 6 bits of flags or the number of a reason. */
export const LIST_SHIFT = 22;
export const LISTS = 16;
export const DETAIL_SHIFT = 26;
export const DETAIL_MASK = 63;

export const DOOR_SHIFT = 16;
export const STAGE_MASK = 0xffff;
export const NO_DOOR = 0xffff;

export const place = (door: number, stage: number): number =>
  ((door < 0 ? NO_DOOR : door) << DOOR_SHIFT) | Math.min(stage, STAGE_MASK);

export function code({ protocol, destinationPort }: Packet): number {
  return protocol === PROTOCOL_NUMBER.udp ? destinationPort | UDP : destinationPort;
}

export function isOf(
  { family, source0, source1, source2, source3 }: Packet,
  steps: Steps,
  i: number,
): boolean {
  return (
    steps.word(i, 3) === source3 &&
    steps.family(i) === family &&
    steps.word(i, 0) === source0 &&
    steps.word(i, 1) === source1 &&
    steps.word(i, 2) === source2
  );
}

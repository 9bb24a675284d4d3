import type { Steps } from '../../../core/attempt/steps.ts';
import type { Door } from '../../../core/door/door.ts';
import type { Packet } from '../../../core/packet/packet.ts';

/** Takes part in sequences whose knocks land on several hosts. Packet times are in ms. */
export interface SpreadListener {
  /** Other doors are watched from now on. */
  follow(doors: readonly Door[]): void;
  /** Packets are about to be taken from the ring. */
  beforePackets(): void;
  /** A packet to a port of a door. Returns whether it may be the last knock of a sequence that other hosts have seen. */
  remember(packet: Packet, local: boolean, now: number): boolean;
  /** That packet, and what the engine has made of it. `whyNot`: it does not count. */
  lastKnock(packet: Packet, now: number, steps: Steps, whyNot?: string): void;
  /** Nothing counts any more. */
  stop(): void;
}

export const NO_SPREAD: SpreadListener = {
  follow: () => undefined,
  beforePackets: () => undefined,
  remember: () => false,
  lastKnock: () => undefined,
  stop: () => undefined,
};

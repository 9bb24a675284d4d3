import type { Steps } from '../../../core/attempt/steps.ts';
import type { Door } from '../../../core/door/door.ts';
import type { Packet } from '../../../core/packet/packet.ts';

/** Handles sequences whose knocks reach several hosts. Packet times are in ms. */
export interface SpreadListener {
  /** Replaces the watched doors. */
  follow(doors: readonly Door[]): void;
  /** Packets are about to be read from the ring. */
  beforePackets(): void;
  /**
   * A packet to a port of a door. Returns whether it may be the last knock of a sequence that other hosts have seen.
   */
  remember(packet: Packet, local: boolean, now: number): boolean;
  /** That packet, and the engine's result. `whyNot`: why it does not count. */
  lastKnock(packet: Packet, now: number, steps: Steps, whyNot?: string): void;
  /** Ignores everything from now on. */
  stop(): void;
}

export const NO_SPREAD: SpreadListener = {
  follow: () => undefined,
  beforePackets: () => undefined,
  remember: () => false,
  lastKnock: () => undefined,
  stop: () => undefined,
};

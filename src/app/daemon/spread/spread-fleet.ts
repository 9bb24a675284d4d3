import type { Member } from '../../../core/fleet/member.ts';

/** What questions to other members need to know about the fleet. */
export type SpreadFleet = {
  readonly fleet: string;
  /** This host. */
  readonly name: string;
  /** Shared by all members, unknown to the engine. */
  readonly secret: Uint8Array;
  /** The other members, by name. */
  readonly members: ReadonlyMap<string, Member>;
  /** Signs as this host. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify: (key: Member['key'], message: Uint8Array, signature: Uint8Array) => boolean;
  /**
   * Passes a question or an answer to the carrier. False: there is no carrier, or it does not keep up, and the part is
   * lost.
   */
  readonly send: (part: SpreadPart) => boolean;
};

export type SpreadPart =
  | { readonly kind: 'ask'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'answer'; readonly to: string; readonly bytes: Uint8Array };

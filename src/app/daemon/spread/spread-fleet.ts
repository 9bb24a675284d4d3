import type { Member } from '../../../core/fleet/member.ts';

/** What the questions to other gateways need of the fleet. */
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
  /** Hands a question or an answer to the carrier. False without a carrier, or if it does not keep up: then it is gone. */
  readonly send: (part: SpreadPart) => boolean;
};

export type SpreadPart =
  | { readonly kind: 'ask'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'answer'; readonly to: string; readonly bytes: Uint8Array };

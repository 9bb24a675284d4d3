import type { Door } from '../door/door.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';

/** What happened to a packet at a door, or to a lease. Numbers, because a flood causes one per packet; 5 bits. */
export const TRACED = {
  /** The first six are the engine's steps, with their numbers. */
  advanced: 1,
  failed: 2,
  expired: 3,
  evicted: 4,
  completed: 5,
  withheld: 6,
  /** A port of a door, but no attempt waited for it. */
  stray: 7,
  retransmission: 8,
  /** It touched a decoy port. */
  tripwire: 9,
  /** It touched another decoy port, and its source is under penalty from then on. */
  suspicion: 10,
  /** A port of a door, but with other TCP flags than the door requires. */
  flags: 11,
  /** A port of a door, sent to an address that is not this host's. */
  elsewhere: 12,
  /** The source is banned. */
  banned: 13,
  opened: 14,
  extended: 15,
  closed: 16,
  refused: 17,
  /** The last right knock once more. */
  repeat: 18,
  /** Nobody can have sent it from its source address. */
  forged: 19,
  /** It belongs to a VLAN that this host does not have. */
  otherVlan: 20,
  /** The sequence was right, but the start command failed. */
  'start-failed': 21,
  /** A signed knock with this server's tag was refused. */
  'proof-refused': 22,
  /** An fwknop packet with a valid HMAC was refused. */
  'spa-refused': 23,
  /** The first half of a code, or a second one without a first. */
  'code-half': 24,
  /** A complete code that no user has. */
  'code-wrong': 25,
  /** A code was refused, with its reason. */
  'code-refused': 26,
} as const;

export type TraceKind = keyof typeof TRACED;

export const TRACE_KINDS: ReadonlyMap<number, TraceKind> = new Map(
  Object.entries(TRACED).map(([kind, code]) => [code, kind as TraceKind]),
);

/** An entry about a source. */
export type TraceEntry = {
  readonly kind: TraceKind;
  readonly at: Instant;
  /** Number of equal ones in a row, and when the last one came. */
  readonly count: number;
  readonly lastAt: Instant;
  /** Absent if no packet caused it. */
  readonly knock?: TracedKnock;
  /** Absent if it concerns no door, or one no longer known. */
  readonly door?: Door;
  /** The name of a door without a sequence. */
  readonly otherDoor?: string;
  /** The stage of the attempt. */
  readonly stage: number;
  /** The six TCP flags, if they were the wrong ones. */
  readonly flags?: number;
  /** Why the door or the proof was refused, or why its start command failed. */
  readonly reason?: string;
  /** The reason by its kind. */
  readonly why?: Said;
};

export type TracedKnock = { readonly protocol: Protocol; readonly port: number };

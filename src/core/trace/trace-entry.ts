import type { Door } from '../door/door.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Instant } from '../net/time.ts';

/** What became of a packet at a door, or of a lease. Numbers, because a flood makes one per packet; 5 bits. */
export const TRACED = {
  /** The first six are the engine's steps, by their numbers. */
  advanced: 1,
  failed: 2,
  expired: 3,
  evicted: 4,
  completed: 5,
  withheld: 6,
  /** A port of a door, where no attempt waited for it. */
  stray: 7,
  retransmission: 8,
  /** It touched a decoy port. */
  tripwire: 9,
  /** It touched another decoy port, and its source is in penalty from then on. */
  suspicion: 10,
  /** A port of a door, but the TCP flags are not those that the door wants. */
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
  /** Nobody can have sent it from the address that it names. */
  forged: 19,
  /** It is of a VLAN that this host has not. */
  otherVlan: 20,
  /** The sequence was right, and the start command has failed. */
  'start-failed': 21,
  /** A signed knock with this server's tag was refused. */
  'proof-refused': 22,
  /** A packet of fwknop whose HMAC was right was refused. */
  'spa-refused': 23,
  /** The first half of a code, or a second one without a first. */
  'code-half': 24,
  /** A whole code that is nobody's. */
  'code-wrong': 25,
  /** A code was refused, with its reason. */
  'code-refused': 26,
} as const;

export type TraceKind = keyof typeof TRACED;

export const TRACE_KINDS: ReadonlyMap<number, TraceKind> = new Map(
  Object.entries(TRACED).map(([kind, code]) => [code, kind as TraceKind]),
);

/** One line of what is remembered of a source. */
export type TraceEntry = {
  readonly kind: TraceKind;
  readonly at: Instant;
  /** How often the very same came in a row, and when last. */
  readonly count: number;
  readonly lastAt: Instant;
  /** Absent where no packet brought it about. */
  readonly knock?: TracedKnock;
  /** Absent where it concerns none, or one that is forgotten. */
  readonly door?: Door;
  /** How far the attempt had come. */
  readonly stage: number;
  /** The six TCP flags, where they were the wrong ones. */
  readonly flags?: number;
  /** Why the door or the proof was refused, or what its start command has failed of. */
  readonly reason?: string;
};

export type TracedKnock = { readonly protocol: Protocol; readonly port: number };

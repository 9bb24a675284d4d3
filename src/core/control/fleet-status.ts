import type { Instant, Millis } from '../net/time.ts';
import { type Fields, list, optional, type Reader, record } from './reader.ts';
import { FLAG, MOMENT, NUMBER, SPAN, TEXT } from './value-readers.ts';

/** Counters of the fleet since the start. `waiting`: present number of changes that the engine has not confirmed. */
export const FLEET_COUNTED = [
  'published',
  'applied',
  'refused',
  'waiting',
  'claimed',
  'taken',
  'unclaimed',
] as const;

export type FleetCounts = Readonly<Record<(typeof FLEET_COUNTED)[number], number>>;

/**
 * Counters of sequences whose knocks reach several hosts, since the start. `asked`: questions to the other members ·
 * `joined`: sequences completed by their answers · `unasked`: last knocks beyond the budgets, or without a connection ·
 * `late`: members that did not answer in time · `told`: this host's answers that contained knocks · `forged`: messages
 * with a wrong signature.
 */
export const SPREAD_COUNTED = ['asked', 'joined', 'unasked', 'late', 'told', 'forged'] as const;

export type SpreadCounts = Readonly<Record<(typeof SPREAD_COUNTED)[number], number>>;

/** Another member, from its line in the members file. */
export type MemberStatus = {
  readonly name: string;
  /** When its last valid record arrived, by the wall clock; absent: none since the start. */
  readonly heard?: Instant;
  /** Its clock minus this host's, according to its records. */
  readonly skew?: number;
  /** Doors that it may open here: those of its line that accept the fleet. */
  readonly doors: readonly string[];
  readonly bans: boolean;
  /** Number of leases that it holds open here now. */
  readonly leases: number;
  /** Why its last refused record was refused, and when. */
  readonly refusal?: { readonly at: Instant; readonly why: string };
};

/** The state of the daemon's fleet. */
export type FleetStatus = {
  readonly fleet: string;
  readonly member: string;
  readonly engine: string;
  /** Whether `bussa fleet` is connected to the daemon. */
  readonly carrier: boolean;
  /** Whether that process has a connection to the engine. */
  readonly connected: boolean;
  /** When that last changed. */
  readonly since: Instant;
  /** Why it is not connected, in words. */
  readonly why?: string;
  /** The engine's clock minus this host's, in milliseconds. */
  readonly offset?: number;
  /** Permissions that the engine grants this member beyond its needs. */
  readonly wide?: readonly string[];
  /** The longest lease that the fleet may open here. */
  readonly window: Millis;
  readonly members: readonly MemberStatus[];
  readonly counts: FleetCounts;
  /** Absent if no door has `fleet = spread`. */
  readonly spread?: SpreadCounts;
};

const counts = <const Name extends string>(names: readonly Name[]): Reader<Readonly<Record<Name, number>>> =>
  record<Readonly<Record<Name, number>>>(
    Object.fromEntries(names.map((what) => [what, NUMBER])) as Fields<Readonly<Record<Name, number>>>,
  );

const MEMBER = record<MemberStatus>({
  name: TEXT,
  heard: optional(MOMENT),
  skew: optional(NUMBER),
  doors: list(TEXT),
  bans: FLAG,
  leases: NUMBER,
  refusal: optional(record<NonNullable<MemberStatus['refusal']>>({ at: MOMENT, why: TEXT })),
});

export const FLEET_STATUS = record<FleetStatus>({
  fleet: TEXT,
  member: TEXT,
  engine: TEXT,
  carrier: FLAG,
  connected: FLAG,
  since: MOMENT,
  why: optional(TEXT),
  offset: optional(NUMBER),
  wide: optional(list(TEXT)),
  window: SPAN,
  members: list(MEMBER),
  counts: counts(FLEET_COUNTED),
  spread: optional(counts(SPREAD_COUNTED)),
});

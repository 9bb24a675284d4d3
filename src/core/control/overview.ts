import type { PendingAttempt } from '../attempt/pending-attempt.ts';
import type { Address } from '../net/address.ts';
import type { Instant, Millis } from '../net/time.ts';
import type { Said } from '../say/said.ts';
import type { Explanation } from '../trace/explanation.ts';
import { EXPLANATION_KINDS } from '../trace/explanation-kinds.ts';
import { DAEMON_STATUS, type DaemonStatus } from './daemon-status.ts';
import { DOOR_STATUS, type DoorStatus, PENDING_ATTEMPT } from './door-status.ts';
import { LEASE_STATUS, type LeaseStatus } from './lease-status.ts';
import { list, optional, type Reader, record, word } from './reader.ts';
import { SAID } from './said-reader.ts';
import { ADDRESS, MOMENT, NUMBER, SPAN, TEXT, YES } from './value-readers.ts';

/** The result of a source's last attempt. `at`: when it was last seen. */
export type SourceRow = {
  readonly source: Address;
  readonly at: Instant;
  readonly kind: Explanation['kind'];
  readonly door?: string;
  /** Without a full stop. */
  readonly sentence: string;
  /** The same by its kind; absent in answers of older daemons. */
  readonly said?: Said;
  readonly penaltyUntil?: Instant;
  readonly banned?: true;
};

/** Under penalty until then. */
export type PenaltyRow = { readonly who: Address; readonly until: Instant };

/** A user of the users file. `last`: the result of the last proof. */
export type UserRow = {
  readonly name: string;
  readonly isOff?: true;
  readonly until?: Instant;
  readonly leases: number;
  readonly last?: {
    readonly at: Instant;
    readonly source: Address;
    readonly text: string;
    /** The same by its kind. */
    readonly said?: Said;
  };
};

/** Packets in each second before `until`, the oldest first. */
export type Rates = {
  readonly until: Instant;
  readonly passed: readonly number[];
  readonly dropped: readonly number[];
};

/**
 * Failed attempts of the last day per `stretch` of time, oldest first: `failed` knocks and proofs, and knocks and scans of
 * sources under penalty (`penalised`). The last one contains `until`.
 */
export type DayOfFailures = {
  readonly until: Instant;
  readonly stretch: Millis;
  readonly failed: readonly number[];
  readonly penalised: readonly number[];
};

/** Everything that a screen shows, from one moment. Lists hold the first `limit` rows; `status` has the totals. */
export type Overview = {
  readonly status: DaemonStatus;
  readonly doors: readonly DoorStatus[];
  readonly leases: readonly LeaseStatus[];
  readonly attempts: readonly PendingAttempt[];
  /** Newest first. */
  readonly sources: readonly SourceRow[];
  /** In the order of the users file. Absent if no door accepts proofs. */
  readonly users?: readonly UserRow[];
  readonly rates: Rates;
  readonly day: DayOfFailures;
  /** To follow the events from here on. */
  readonly cursor: string;
  readonly now: Instant;
};

export const SOURCE_ROW = record<SourceRow>({
  source: ADDRESS,
  at: MOMENT,
  kind: word(...EXPLANATION_KINDS),
  door: optional(TEXT),
  sentence: TEXT,
  said: optional(SAID),
  penaltyUntil: optional(MOMENT),
  banned: optional(YES),
});

export const PENALTY_ROW = record<PenaltyRow>({ who: ADDRESS, until: MOMENT });

const USER_ROW = record<UserRow>({
  name: TEXT,
  isOff: optional(YES),
  until: optional(MOMENT),
  leases: NUMBER,
  last: optional(
    record<UserRow['last'] & object>({ at: MOMENT, source: ADDRESS, text: TEXT, said: optional(SAID) }),
  ),
});

export const OVERVIEW: Reader<Overview> = record<Overview>({
  status: DAEMON_STATUS,
  doors: list(DOOR_STATUS),
  leases: list(LEASE_STATUS),
  attempts: list(PENDING_ATTEMPT),
  sources: list(SOURCE_ROW),
  users: optional(list(USER_ROW)),
  rates: record<Rates>({ until: MOMENT, passed: list(NUMBER), dropped: list(NUMBER) }),
  day: record<DayOfFailures>({
    until: MOMENT,
    stretch: SPAN,
    failed: list(NUMBER),
    penalised: list(NUMBER),
  }),
  cursor: TEXT,
  now: MOMENT,
});

import type { PendingAttempt } from '../attempt/pending-attempt.ts';
import type { PastLease } from '../lease/past-lease.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Instant, Millis } from '../net/time.ts';
import type { Explanation } from '../trace/explanation.ts';
import { EXPLANATION_KINDS } from '../trace/explanation-kinds.ts';
import {
  BAN_ANSWER,
  type BanAnswer,
  PLAIN_BAN,
  type PlainBan,
  UNBAN_ANSWER,
  type UnbanAnswer,
} from './ban-answers.ts';
import { DAEMON_STATUS, type DaemonStatus } from './daemon-status.ts';
import { DOOR_STATUS, type DoorStatus, PENDING_ATTEMPT } from './door-status.ts';
import { FOLLOW_PART, type FollowPart } from './feed-event.ts';
import {
  FLEET_ANSWERS,
  FLEET_PART,
  FLEET_REQUESTS,
  type FleetAnswers,
  type FleetPart,
  type FleetRequests,
} from './fleet-link.ts';
import { GREETING, type Greeting } from './greeting.ts';
import { LEASE_STATUS, type LeaseStatus, PAST_LEASE } from './lease-status.ts';
import {
  CLOSE_ANSWER,
  type CloseAnswer,
  EXTEND_ANSWER,
  type ExtendAnswer,
  OPEN_ANSWER,
  type OpenAnswer,
} from './order-answers.ts';
import {
  OVERVIEW,
  type Overview,
  PENALTY_ROW,
  type PenaltyRow,
  SOURCE_ROW,
  type SourceRow,
} from './overview.ts';
import { type Fields, optional, type Reader, record, word } from './reader.ts';
import { RELOAD_ANSWER, type ReloadAnswer } from './reload-answer.ts';
import { SOURCE_STORY, type SourceStory } from './source-story.ts';
import { USER_STORY, type UserStory } from './user-story.ts';
import { ADDRESS, COUNT, FLAG, LENGTH, MOMENT, PREFIX, TEXT, YES } from './value-readers.ts';

/** How the operator gives the command, if not by `bussa`. The daemon finds out who it is by itself. */
type Ordered = { readonly via?: 'web' };

/** `for`: for how long. Absent: the door's own time. */
type Order = Ordered & { readonly door: string; readonly ip: Address; readonly for?: Millis };
type Nothing = Readonly<Record<never, never>>;

/** The fields of each request, besides its verb. */
export type Requests = {
  readonly ping: Nothing;
  readonly confirm: Nothing;
  readonly status: Nothing;
  readonly open: Order;
  readonly extend: Order;
  /** A door, an address, both, or `all`. */
  readonly close: Ordered & {
    readonly door?: string;
    readonly ip?: Address;
    readonly all?: true;
    /** At all members of the fleet: then with a door and an address. */
    readonly fleet?: true;
  };
  readonly reload: Nothing;
  /** Revokes the user, or one of his keys by fingerprint, whatever the files say. */
  readonly revoke: { readonly user: string; readonly key?: string };
  /** Forgets the user's used codes, so that they are valid again. */
  readonly forgive: { readonly user: string };
  /** Without `for` it is permanent. */
  readonly ban: Ordered & { readonly who: Prefix; readonly for?: Millis };
  readonly unban: Ordered & { readonly who: Prefix };
  /** `follow`: keep everything that the source does from now on. */
  readonly explain: { readonly ip: Address; readonly follow?: true };
  /** What one user knocked for by name. */
  readonly 'explain-user': { readonly user: string };
  readonly doors: { readonly limit?: number };
  readonly attempts: Nothing;
  readonly leases: {
    readonly door?: string;
    readonly ip?: Address;
    readonly user?: string;
    readonly limit?: number;
  };
  /** Leases open at some time from `since` to `until`, by the wall clock. */
  readonly history: {
    readonly door?: string;
    readonly ip?: Address;
    readonly user?: string;
    readonly since?: Instant;
    readonly until?: Instant;
    readonly limit?: number;
  };
  readonly bans: Nothing;
  /** Everything that a screen shows, at most `limit` rows per list. */
  readonly overview: { readonly limit?: number };
  /** The sources seen last, and the results of their attempts; `outcome`: only with this result. */
  readonly sources: { readonly outcome?: Explanation['kind']; readonly limit?: number };
  /** Sources under penalty, as far as remembered. */
  readonly penalties: Nothing;
  /** Events until the client disconnects: from now on, after the event with this cursor, or from the oldest. */
  readonly follow: {
    readonly since?: string;
    /** From this many events before now on, instead of `since`. */
    readonly latest?: number;
  };
} & FleetRequests;

/** Answers of one line. */
export type Answers = {
  readonly ping: Greeting;
  readonly confirm: { readonly confirmed: boolean };
  readonly status: { readonly status: DaemonStatus };
  readonly open: OpenAnswer;
  readonly extend: ExtendAnswer;
  readonly close: CloseAnswer;
  readonly reload: ReloadAnswer;
  /** False: the daemon does not know the user. */
  readonly revoke: { readonly revoked: boolean };
  /** False: there were none. */
  readonly forgive: { readonly forgiven: boolean };
  readonly ban: BanAnswer;
  readonly unban: UnbanAnswer;
  readonly explain: SourceStory;
  readonly 'explain-user': UserStory;
  readonly overview: Overview;
} & FleetAnswers;

/** The rows of multi-part answers, each part one line with its rows under the verb's name. */
export type Rows = {
  readonly doors: DoorStatus;
  readonly attempts: PendingAttempt;
  readonly leases: LeaseStatus;
  /** Newest first. */
  readonly history: PastLease;
  readonly bans: PlainBan;
  /** Newest first. */
  readonly sources: SourceRow;
  readonly penalties: PenaltyRow;
};

/** Continuous answers, one line per item. */
export type Streams = { readonly follow: FollowPart; readonly 'fleet-follow': FleetPart };

export type ControlVerb = keyof Requests;
export type AnswerVerb = keyof Answers;
export type RowsVerb = keyof Rows;
export type StreamVerb = keyof Streams;

const VIA = optional(word('web'));
const ORDER: Fields<Order> = { door: TEXT, ip: ADDRESS, for: optional(LENGTH), via: VIA };

export const REQUESTS: { readonly [V in ControlVerb]: Fields<Requests[V]> } = {
  ping: {},
  confirm: {},
  status: {},
  open: ORDER,
  extend: ORDER,
  close: {
    door: optional(TEXT),
    ip: optional(ADDRESS),
    all: optional(YES),
    fleet: optional(YES),
    via: VIA,
  },
  reload: {},
  revoke: { user: TEXT, key: optional(TEXT) },
  forgive: { user: TEXT },
  ban: { who: PREFIX, for: optional(LENGTH), via: VIA },
  unban: { who: PREFIX, via: VIA },
  explain: { ip: ADDRESS, follow: optional(YES) },
  'explain-user': { user: TEXT },
  doors: { limit: optional(COUNT) },
  attempts: {},
  leases: { door: optional(TEXT), ip: optional(ADDRESS), user: optional(TEXT), limit: optional(COUNT) },
  history: {
    door: optional(TEXT),
    ip: optional(ADDRESS),
    user: optional(TEXT),
    since: optional(MOMENT),
    until: optional(MOMENT),
    limit: optional(COUNT),
  },
  bans: {},
  overview: { limit: optional(COUNT) },
  sources: { outcome: optional(word(...EXPLANATION_KINDS)), limit: optional(COUNT) },
  penalties: {},
  follow: { since: optional(TEXT), latest: optional(COUNT) },
  ...FLEET_REQUESTS,
};

export const ANSWERS: { readonly [V in AnswerVerb]: Reader<Answers[V]> } = {
  ping: GREETING,
  confirm: record<Answers['confirm']>({ confirmed: FLAG }),
  status: record<Answers['status']>({ status: DAEMON_STATUS }),
  open: OPEN_ANSWER,
  extend: EXTEND_ANSWER,
  close: CLOSE_ANSWER,
  reload: RELOAD_ANSWER,
  revoke: record<Answers['revoke']>({ revoked: FLAG }),
  forgive: record<Answers['forgive']>({ forgiven: FLAG }),
  ban: BAN_ANSWER,
  unban: UNBAN_ANSWER,
  explain: SOURCE_STORY,
  'explain-user': USER_STORY,
  overview: OVERVIEW,
  ...FLEET_ANSWERS,
};

export const ROWS: { readonly [V in RowsVerb]: Reader<Rows[V]> } = {
  doors: DOOR_STATUS,
  attempts: PENDING_ATTEMPT,
  leases: LEASE_STATUS,
  history: PAST_LEASE,
  bans: PLAIN_BAN,
  sources: SOURCE_ROW,
  penalties: PENALTY_ROW,
};

export const STREAMS: { readonly [V in StreamVerb]: Reader<Streams[V]> } = {
  follow: FOLLOW_PART,
  'fleet-follow': FLEET_PART,
};

export const isControlVerb = (verb: unknown): verb is ControlVerb =>
  typeof verb === 'string' && Object.hasOwn(REQUESTS, verb);

export const hasRows = (verb: ControlVerb): verb is RowsVerb => Object.hasOwn(ROWS, verb);

export const isStream = (verb: ControlVerb): verb is StreamVerb => Object.hasOwn(STREAMS, verb);

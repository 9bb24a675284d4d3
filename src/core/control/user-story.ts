import { renderMomentMillis } from '../event/render-moment.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import type { Said } from '../say/said.ts';
import { list, optional, record, word } from './reader.ts';
import { SAID } from './said-reader.ts';
import { ADDRESS, FLAG, MOMENT, NUMBER, TEXT } from './value-readers.ts';

const HAPPENED = ['completed', 'opened', 'extended', 'closed', 'refused'] as const;

/** Results of a user's proofs; equal ones in a row are combined. Moments are by the wall clock. */
export type UserEntry = {
  readonly kind: (typeof HAPPENED)[number];
  readonly at: Instant;
  readonly lastAt: Instant;
  readonly count: number;
  readonly source: Address;
  /** Absent if it is unclear which door was meant. */
  readonly door?: string;
  readonly text: string;
  /** The same by its kind. */
  readonly said?: Said;
};

/** What the daemon knows about a user. */
export type UserStory = {
  readonly user: string;
  /** The user is in the users file that is in force. */
  readonly known: boolean;
  /** The present state, in sentences without full stops. */
  readonly present: readonly string[];
  /** Oldest first. */
  readonly entries: readonly UserEntry[];
  readonly now: Instant;
  readonly since: Instant;
};

const USER_ENTRY = record<UserEntry>({
  kind: word(...HAPPENED),
  at: MOMENT,
  lastAt: MOMENT,
  count: NUMBER,
  source: ADDRESS,
  door: optional(TEXT),
  text: TEXT,
  said: optional(SAID),
});

export const USER_STORY = record<UserStory>({
  user: TEXT,
  known: FLAG,
  present: list(TEXT),
  entries: list(USER_ENTRY),
  now: MOMENT,
  since: MOMENT,
});

export const userEntryTime = ({ lastAt }: UserEntry, now: Instant): string => renderMomentMillis(lastAt, now);

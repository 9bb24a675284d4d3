import type { Ban } from '../ban/ban-list.ts';
import { renderMoment } from '../event/render-moment.ts';
import { renderPrefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import { list, optional, record } from './reader.ts';
import { FLAG, MOMENT, TEXT } from './value-readers.ts';

/** A ban on the control socket. Without `until` it is permanent. */
export type PlainBan = { readonly who: string; readonly until?: Instant };

/** `unkept`: why it could not be written to the disk. */
export type BanAnswer = { readonly ban: PlainBan; readonly unkept?: string };

export type UnbanAnswer = {
  /** Whether exactly this prefix was banned. */
  readonly removed: boolean;
  /** Other bans that still include the address. */
  readonly still: readonly PlainBan[];
  /** The scan guard had a penalty for the address, and dropped it. */
  readonly forgiven: boolean;
  readonly unkept?: string;
};

export const PLAIN_BAN = record<PlainBan>({ who: TEXT, until: optional(MOMENT) });

export const BAN_ANSWER = record<BanAnswer>({ ban: PLAIN_BAN, unkept: optional(TEXT) });

export const UNBAN_ANSWER = record<UnbanAnswer>({
  removed: FLAG,
  still: list(PLAIN_BAN),
  forgiven: FLAG,
  unkept: optional(TEXT),
});

export const plainBan = ({ prefix, until }: Ban): PlainBan => ({
  who: renderPrefix(prefix),
  ...(until === undefined ? {} : { until }),
});

/** `for good`, or `until 14:02:11`. */
export function renderBanEnd({ until }: PlainBan, now: Instant): string {
  return until === undefined ? 'for good' : `until ${renderMoment(until, now)}`;
}

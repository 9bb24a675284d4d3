import type { Ban } from '../ban/ban-list.ts';
import { renderMoment } from '../event/render-moment.ts';
import { renderPrefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import { list, optional, record } from './reader.ts';
import { FLAG, MOMENT, TEXT } from './value-readers.ts';

/** A ban as the control socket has it; without `until` it is for good. */
export type PlainBan = { readonly who: string; readonly until?: Instant };

/** `unkept`: why it could not be written to the disk. */
export type BanAnswer = { readonly ban: PlainBan; readonly unkept?: string };

export type UnbanAnswer = {
  /** Whether there was a ban of exactly this prefix. */
  readonly removed: boolean;
  /** Bans that the address is in still. */
  readonly still: readonly PlainBan[];
  /** The scan guard had something against the address, and has forgotten it. */
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

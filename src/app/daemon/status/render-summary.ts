import type { Instant } from '../../../core/net/time.ts';

/** What a daemon does now. Moments are by the wall clock. */
export type Summary = {
  readonly listeningOn: string;
  readonly doors: number;
  readonly leases: number;
  /** When the last lease ends; `undefined`: there is none. */
  readonly lastUntil: Instant | undefined;
  readonly bans: number;
  readonly now: Instant;
};

/** One line for the service manager. It changes with every opening, closing, extension and ban. */
export function renderSummary({ listeningOn, doors, leases, lastUntil, bans, now }: Summary): string {
  const until =
    lastUntil === undefined ? '' : `${leases === 1 ? '' : ', the last'} until ${renderTime(lastUntil, now)}`;
  const banned = bans === 0 ? '' : `, ${counted(bans, 'ban')}`;
  return `listening on ${listeningOn}; ${counted(doors, 'door')}, ${counted(leases, 'lease')} open${until}${banned}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `14:05:11`, preceded by the date if it is not today. */
function renderTime(moment: Instant, now: Instant): string {
  const [date, today] = [new Date(moment), new Date(now)];
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === today.toDateString()) return time;
  return `${[date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')} ${time}`;
}

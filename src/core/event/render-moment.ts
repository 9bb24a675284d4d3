import type { Instant } from '../net/time.ts';

/** A moment in the machine's own time zone: `14:02:11`, with its date where that is not today's. */
export function renderMoment(at: Instant, now: Instant): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return `${Math.floor(at / 1000)} s after 1970`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** `renderMoment` with its milliseconds. */
export function renderMomentMillis(at: Instant, now: Instant): string {
  return `${renderMoment(at, now)}.${String(Math.floor(at) % 1000).padStart(3, '0')}`;
}

import type { Instant } from '../net/time.ts';

/** A moment in the machine's time zone: `14:02:11`, with the date if it is not today. */
export function renderMoment(at: Instant, now: Instant): string {
  const whole = renderDateTime(at);
  const day = new Date(at).toDateString();
  const isToday = day !== 'Invalid Date' && day === new Date(now).toDateString();
  return isToday ? whole.slice(whole.indexOf(' ') + 1) : whole;
}

/** Always with the date: `2026-11-22 23:30:44`. */
export function renderDateTime(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return `${Math.floor(at / 1000)} s after 1970`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** `renderMoment` with milliseconds. */
export function renderMomentMillis(at: Instant, now: Instant): string {
  return `${renderMoment(at, now)}.${String(Math.floor(at) % 1000).padStart(3, '0')}`;
}

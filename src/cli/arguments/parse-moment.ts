import { readSeconds } from '../../core/config/values/parse-duration.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { UsageError } from './read-options.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Parses `today` and `yesterday`, which begin at midnight; `now`; `2h`, meaning two hours ago; a date, `2026-11-01`; or
 * a moment, `2026-11-01 14:30`. All in the time zone of this process. Throws a `UsageError` that names the option.
 */
export function parseMoment(text: string, option: string, now: Date): Instant {
  const word = text.toLowerCase();
  if (word === 'now') return instant(now.getTime());
  if (word === 'today') return midnight(now, 0);
  if (word === 'yesterday') return midnight(now, 1);
  const ago = readSeconds(word.replace(/ ago$/, ''));
  if (ago !== undefined) return instant(now.getTime() - ago * 1000);
  const moment = readDate(text);
  if (moment !== undefined) return moment;
  throw new UsageError(
    `bad time '${text}' for --${option}: give yesterday, today, how long ago, such as 90m, 2h or 3d, or a date, such as 2026-11-01 or '2026-11-01 14:30'`,
  );
}

function midnight(now: Date, daysAgo: number): Instant {
  return instant(new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime());
}

function readDate(text: string): Instant | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((one) => Number(one ?? 0));
  const date = new Date(year, month - 1, day, hour, minute, second);
  const isReal =
    date.getMonth() === month - 1 && date.getDate() === day && hour < 24 && minute < 60 && second < 60;
  return isReal ? instant(date.getTime()) : undefined;
}

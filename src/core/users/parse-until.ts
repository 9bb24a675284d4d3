import { type Instant, instant } from '../net/time.ts';
import type { Findings } from '../text/findings.ts';
import { quoteText } from '../text/quote-text.ts';
import type { Word } from '../text/word.ts';

const FORM =
  'write a day such as 2027-01-01, or a moment such as 2027-01-01 18:00, with Z at the end for UTC';

/** A day, from its beginning, or a moment: in the host's time zone, or with `Z` in UTC. */
export function parseUntil(value: Word, findings: Findings): Instant | undefined {
  const time = readMoment(value.text);
  if (time !== undefined) return time;
  const wrong = value.text === '' ? 'a day is missing' : `${quoteText(value.text)} is not a valid time`;
  findings.error(value, `${wrong}: ${FORM}`);
  return undefined;
}

function readMoment(text: string): Instant | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?( ?Z)?$/i.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  // Numbers that are too large would carry over into the next month, hour or minute.
  const isReal =
    new Date(utc).toISOString().slice(0, 19) ===
    `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4] ?? '00'}:${parts[5] ?? '00'}:${parts[6] ?? '00'}`;
  if (!isReal) return undefined;
  const isUtc = parts[7] !== undefined;
  return instant(isUtc ? utc : new Date(year, month - 1, day, hour, minute, second).getTime());
}

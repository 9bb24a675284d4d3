import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { MAX_TIMEOUT_SECONDS } from './parse-seconds.ts';

const UNIT_SECONDS = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `60`, `90s`, `10m`, `2h` or `1d`. */
export function parseDuration(word: Word, findings: Findings): Millis | undefined {
  const length = readSeconds(word.text);
  if (length !== undefined && length <= MAX_TIMEOUT_SECONDS) return seconds(length);
  const wrong =
    word.text === ''
      ? 'a time is missing'
      : `${quoteText(word.text)} is ${length === undefined ? 'not a length of time' : 'too long'}`;
  const remedy = `write whole seconds, or a number with s, m, h or d, as in 90s, 10m, 2h or 1d; ${MAX_TIMEOUT_SECONDS} seconds at most`;
  findings.error(word, `${wrong}: ${remedy}`);
  return undefined;
}

/** Whether the text is a duration with a unit. */
export function hasUnit(text: string): boolean {
  return readSeconds(text) !== undefined && /[a-z]$/i.test(text);
}

/** The seconds of `60`, `90s`, `10m`, `2h` or `1d`; `undefined` for anything else. */
export function readSeconds(text: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,15})([smhd]?)$/i.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * UNIT_SECONDS[unit.toLowerCase() as keyof typeof UNIT_SECONDS];
}

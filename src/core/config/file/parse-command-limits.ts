import type { CommandLimits } from '../../door/command-limits.ts';
import { type Millis, seconds } from '../../net/time.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';
import { parseDuration } from '../values/parse-duration.ts';
import type { Entry } from './read-sections.ts';

/** A timer of Node.js counts 24 days at most. */
const MAX_LIMIT = seconds(7 * 86_400);

/** Each command is a process, and twice as many run where a door opens and closes at one time. */
const MOST_COMMANDS = 1024;

/** The limits of the commands that one section names: of its door, or in the options of all doors. */
export function parseCommandLimits(entries: readonly Entry[], findings: Findings): CommandLimits {
  const limits: { -readonly [K in keyof CommandLimits]: CommandLimits[K] } = {};
  for (const { directive, value } of entries) {
    if (value === undefined) continue;
    if (directive.name === 'Start_Limit' || directive.name === 'Stop_Limit') {
      const time = parseLimit(value, directive.name, findings);
      if (time !== undefined) limits[directive.name === 'Start_Limit' ? 'start' : 'stop'] = time;
    } else if (directive.name === 'Max_Commands') {
      const number = parseNumber(value, findings);
      if (number !== undefined) limits.commands = number;
    }
  }
  return limits;
}

/** Those of a door go before those of the options. `undefined` where nothing is limited otherwise than by default. */
export function mergeCommandLimits(own: CommandLimits, forAll: CommandLimits): CommandLimits | undefined {
  const limits = { ...forAll, ...own };
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function parseLimit(value: Word, name: string, findings: Findings): Millis | undefined {
  const time = parseDuration(value, findings);
  if (time === undefined || time <= MAX_LIMIT) return time;
  findings.error(value, `${name} is 7 days at most: write 7d or less, or 0 for no limit`);
  return undefined;
}

function parseNumber(value: Word, findings: Findings): number | undefined {
  const number = /^[0-9]{1,9}$/.test(value.text) ? Number(value.text) : 0;
  if (number >= 1 && number <= MOST_COMMANDS) return number;
  const wrong =
    value.text === '' ? 'a number is missing' : `${quoteText(value.text)} is no number of commands`;
  findings.error(value, `${wrong}: write a whole number from 1 to ${MOST_COMMANDS}`);
  return undefined;
}

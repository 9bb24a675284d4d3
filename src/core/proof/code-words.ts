import { WINDOW } from '../code/current-codes.ts';
import { renderMoment } from '../event/render-moment.ts';
import type { Instant } from '../net/time.ts';
import { REASONS } from '../say/reasons.ts';
import type { CodeJudgement, CodeRefusal } from './prove-code.ts';
import type { RefusalWords } from './refusal-words.ts';

/** `isPenaltyNew`: the source's penalty starts with this one. */
export function wrongWords(isPenaltyNew: boolean): RefusalWords {
  const shortReason = REASONS['code-bad'];
  return { reason: isPenaltyNew ? REASONS['code-bad-twice'] : shortReason, shortReason };
}

type Refused = Extract<CodeJudgement, { kind: 'refused' }>;

/** As a clause to follow `code refused: `. `current`: the present step. */
export function codeWords({ reason, step, last }: Refused, now: Instant, current: number): RefusalWords {
  const code = `code-${reason satisfies CodeRefusal}` as const;
  const shortReason = REASONS[code];
  const longer = (text: string): RefusalWords => ({
    reason: text,
    shortReason,
    why: { code, values: {}, text },
  });
  if (reason !== 'used' || last === undefined) return { reason: shortReason, shortReason };
  const by = `by ${last.source} at ${renderMoment(last.at, now)}`;
  // One step ahead: a slightly fast clock.
  if (last.step > current + WINDOW) {
    const remedy = `\`bussa user forgive ${last.user}\` lets this user's codes count again`;
    return longer(`a code of later was used, ${by}: the clock of this host was set back; ${remedy}`);
  }
  const what = last.step === step ? 'it was used already' : 'the code after it was used already';
  return longer(`${what}, ${by}: wait for the next one`);
}

/** `steps`: by how many the app's clock is behind; negative: ahead. */
export function skewWords(user: string, steps: number, periodMs: number): RefusalWords {
  const seconds = (Math.abs(steps) * periodMs) / 1000;
  const long =
    seconds < 120
      ? `${seconds} s`
      : `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
  const shortReason = REASONS['code-skewed'];
  const reason = `it is out of time: the clock of the app of ${user} is ${long} ${steps > 0 ? 'behind' : 'ahead'}`;
  return { reason, shortReason, why: { code: 'code-skewed', values: {}, text: reason } };
}

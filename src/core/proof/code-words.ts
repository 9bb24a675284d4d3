import { WINDOW } from '../code/current-codes.ts';
import { renderMoment } from '../event/render-moment.ts';
import type { Instant } from '../net/time.ts';
import type { CodeJudgement, CodeRefusal } from './prove-code.ts';
import type { RefusalWords } from './refusal-words.ts';

/** `isPenaltyNew`: the source's penalty starts with this one. */
export function wrongWords(isPenaltyNew: boolean): RefusalWords {
  const shortReason = 'it is wrong, or its time is over';
  const more = '; after two of them this address needs two right codes in a row';
  return { reason: isPenaltyNew ? shortReason + more : shortReason, shortReason };
}

const SHORT: Readonly<Record<CodeRefusal, string>> = {
  used: 'it was used already, or a later one was: wait for the next code',
  forgotten: 'it may have been used before the daemon started: wait for the next code',
  touched: 'this address touched a decoy port between its two halves: knock it again',
  first:
    'it is right, but this address needs the next code too: wait for it, and knock it without any other packet',
  off: 'its user is off',
  expired: 'its user is no longer valid',
  address: 'its user may not knock from this address',
};

type Refused = Extract<CodeJudgement, { kind: 'refused' }>;

/** As a clause to follow `code refused: `. `current`: the present step. */
export function codeWords({ reason, step, last }: Refused, now: Instant, current: number): RefusalWords {
  const shortReason = SHORT[reason];
  if (reason !== 'used' || last === undefined) return { reason: shortReason, shortReason };
  const by = `by ${last.source} at ${renderMoment(last.at, now)}`;
  // One step ahead: a slightly fast clock.
  if (last.step > current + WINDOW) {
    const remedy = `\`bussa user forgive ${last.user}\` lets this user's codes count again`;
    return {
      reason: `a code of later was used, ${by}: the clock of this host was set back; ${remedy}`,
      shortReason,
    };
  }
  const what = last.step === step ? 'it was used already' : 'the code after it was used already';
  return { reason: `${what}, ${by}: wait for the next one`, shortReason };
}

/** `steps`: by how many the app's clock is behind; negative: ahead. */
export function skewWords(user: string, steps: number, periodMs: number): RefusalWords {
  const seconds = (Math.abs(steps) * periodMs) / 1000;
  const long =
    seconds < 120
      ? `${seconds} s`
      : `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
  const shortReason = 'it is out of time: the clock of the app, or of this host, is wrong';
  return {
    reason: `it is out of time: the clock of the app of ${user} is ${long} ${steps > 0 ? 'behind' : 'ahead'}`,
    shortReason,
  };
}

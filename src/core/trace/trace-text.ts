import { instant } from '../net/time.ts';
import { reasonCode } from '../say/reasons.ts';
import { renderEnglish, said } from '../say/render-english.ts';
import type { Said, SaidValue } from '../say/said.ts';
import type { Explanation, Reason, TraceSituation } from './explanation.ts';
import type { TracedKnock } from './trace-entry.ts';

export const renderKnock = (knock: TracedKnock): string => `${knock.protocol}/${knock.port}`;

export const knockValue = (knock: TracedKnock | undefined): SaidValue =>
  knock === undefined ? said('unknown-port') : renderKnock(knock);

/** Why something was refused: by its kind, else in the words that there are. */
export function reasonValue({ reason, why }: Reason, unknown: 'in-the-log' | 'failed-in-the-log'): SaidValue {
  if (why !== undefined) return why;
  return reason === undefined ? said(unknown) : reasonOf(reason);
}

export function reasonOf(reason: string): SaidValue {
  const code = reasonCode(reason);
  return code === undefined ? reason : said(code);
}

/** An explanation in both forms. */
export function explained(
  kind: Explanation['kind'],
  door: string | undefined,
  sentence: Said,
  clock: TraceSituation['clock'],
): Explanation {
  const named = door === undefined ? {} : { door };
  return { kind, ...named, sentence: renderEnglish(sentence, (at) => clock(instant(at))), said: sentence };
}

import type { Millis } from '../net/time.ts';
import { renderEnglish, said } from '../say/render-english.ts';
import type { Said } from '../say/said.ts';

/** As a clause. `behind`: negative if the clock is ahead. */
export function saidClock(behind: Millis): { readonly reason: string; readonly why: Said } {
  const why = said(behind > 0 ? 'behind' : 'ahead', { by: Math.abs(behind) });
  return { reason: renderEnglish(why), why };
}

import { renderMoment } from '../event/render-moment.ts';
import { instant } from '../net/time.ts';

/** A ban as the control socket has it; `until`: ms since 1970. */
export type PlainBan = { readonly who: string; readonly until?: number };

/** The ban in a daemon's answer. */
export function banOf(value: unknown): PlainBan {
  const { who, until } = { ...(value as Partial<PlainBan> | undefined) };
  return { who: String(who), ...(typeof until === 'number' ? { until } : {}) };
}

/** `for good`, or `until 14:02:11`. `now`: ms since 1970. */
export function renderBanEnd({ until }: PlainBan, now: number): string {
  return until === undefined ? 'for good' : `until ${renderMoment(instant(until), instant(now))}`;
}

import type { TracedKnock } from './trace-entry.ts';

const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ');

export const ordinal = (n: number): string => ORDINALS[n - 1] ?? `${n}th`;

export const renderKnock = (knock: TracedKnock | undefined): string =>
  knock === undefined ? 'an unknown port' : `${knock.protocol}/${knock.port}`;

/** With a decimal if it matters. */
export function inSeconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}

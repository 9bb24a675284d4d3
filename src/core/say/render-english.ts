import { ENTRIES } from './entries.ts';
import { REASONS } from './reasons.ts';
import { inSeconds, renderSaid, type Said, type SaidValue } from './said.ts';
import { SENTENCES } from './sentences.ts';

const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ');

const ordinal = (n: number): string => ORDINALS[n - 1] ?? `${n}th`;

export const ENGLISH = { ...SENTENCES, ...REASONS, ...ENTRIES } as const;

type EnglishCode = keyof typeof ENGLISH;

export const said = (code: EnglishCode, values: Readonly<Record<string, SaidValue>> = {}): Said => ({
  code,
  values,
});

/** `clock`: renders a moment. */
export function renderEnglish(sentence: Said, clock: (at: number) => string = String): string {
  const forms = { time: clock, s: inSeconds, nth: ordinal, span: inWords } as const;
  return renderSaid(sentence, ENGLISH, forms, true) ?? '';
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

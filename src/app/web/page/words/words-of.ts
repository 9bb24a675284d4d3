import { ENTRIES } from '../../../../core/say/entries.ts';
import { REASONS } from '../../../../core/say/reasons.ts';
import type { SaidTemplates } from '../../../../core/say/said.ts';
import { SENTENCES } from '../../../../core/say/sentences.ts';
import { ENTRY_WORDS } from './entries.ts';
import { EVENT_WORDS } from './events.ts';
import { OUTCOME_WORDS, PAGE_WORDS } from './page-words.ts';
import { REASON_WORDS } from './reasons.ts';
import { SENTENCE_WORDS } from './sentences.ts';

/** The page's own words and the templates of the daemon's sentences, in one language. */
export type WordTables = {
  readonly words: Readonly<Record<string, string>>;
  readonly said: SaidTemplates;
};

const PLACES = { en: 0, de: 1, it: 2 } as const;

type Row = readonly [en: string | undefined, de: string, it: string];
type Table = Readonly<Record<string, Row>>;

const PAGE: Table = {
  ...PAGE_WORDS,
  ...Object.fromEntries(Object.entries(OUTCOME_WORDS).map(([kind, row]) => [`outcome-${kind}`, row])),
};

/** The daemon's sentences. Of events there is no English: their own text is that. */
export const SAID: Table = {
  ...rows(SENTENCE_WORDS, SENTENCES),
  ...rows(REASON_WORDS, REASONS),
  ...rows(ENTRY_WORDS, ENTRIES),
  ...rows(EVENT_WORDS, {}),
};

/** The texts of one language. The page loads no others. */
export function wordsOf(language: keyof typeof PLACES): WordTables {
  const column = (table: Table): Record<string, string> =>
    Object.fromEntries(
      Object.entries(table).flatMap(([key, row]) => {
        const text = row[PLACES[language]];
        return text === undefined ? [] : [[key, text]];
      }),
    );
  return { words: column(PAGE), said: column(SAID) };
}

function rows(
  others: Readonly<Record<string, readonly [de: string, it: string]>>,
  english: Readonly<Record<string, string>>,
): Table {
  return Object.fromEntries(
    Object.entries(others).map(([code, [de, it]]) => [code, [english[code], de, it]]),
  );
}

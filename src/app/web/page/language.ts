import { readStored, store } from './stored.ts';
import type { Word } from './words/page-words.ts';
import type { WordTables } from './words/words-of.ts';

export const LANGUAGES = { en: 'English', de: 'Deutsch', it: 'Italiano' } as const;

export type Language = keyof typeof LANGUAGES;

export type Words = WordTables & { readonly language: Language };

const STORED = 'bussa-language';

export const isLanguage = (text: string): text is Language => Object.hasOwn(LANGUAGES, text);

/** The language chosen before, else the first of the reader's languages that the page has. */
export function readersLanguage(): Language {
  const tags = [readStored(STORED), ...navigator.languages];
  return tags.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}

export const keepLanguage = (language: Language): void => store(STORED, language);

/** Throws if the server cannot be reached. */
export async function loadWords(language: Language): Promise<Words> {
  const response = await fetch(`/words-${language}.json`, { credentials: 'omit', redirect: 'error' });
  if (!response.ok) throw new Error(response.statusText);
  const { words, said }: WordTables = await response.json();
  return { language, words, said };
}

export function say({ words }: Words, word: Word, ...values: readonly (string | number)[]): string {
  return (words[word] ?? '').replaceAll(/\{(\d)\}/g, (_, at: string) => `${values[Number(at)] ?? ''}`);
}

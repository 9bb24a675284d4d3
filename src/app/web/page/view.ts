import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { inSeconds, renderSaid, type Said } from '../../../core/say/said.ts';
import { renderSpan, renderTime } from './format.ts';
import { type Language, say as sayWord, type Words } from './language.ts';
import type { Order } from './server.ts';
import type { Word } from './words/page-words.ts';

/** What the dialog asks. */
export type Asked =
  | { readonly kind: 'story'; readonly source: string }
  | { readonly kind: 'open'; readonly door: string; readonly minutes: number }
  | {
      readonly kind: 'confirm';
      readonly question: string;
      readonly button: string;
      readonly run: () => void;
    };

/** What every part of the page needs and that seldom changes. The daemon's data is passed to each part. */
export type View = {
  readonly readOnly: boolean;
  readonly ask: (asked: Asked) => void;
  /** Sends the command, and reports its result. */
  readonly order: (order: Order, done: string) => void;
};

export type Translation = {
  readonly language: Language;
  readonly say: (word: Word, ...values: readonly (string | number)[]) => string;
  readonly sayOutcome: (kind: string) => string;
  /** A sentence of the daemon in the reader's language. `undefined`: the page has no words for it. */
  readonly sayThat: (said: Said | undefined) => string | undefined;
};

export const ViewContext = createContext<(View & Translation) | undefined>(undefined);

export function useView(): View & Translation {
  const view = useContext(ViewContext);
  if (view === undefined) throw new Error('a part of the page stands outside of it');
  return view;
}

export function translationOf(words: Words): Translation {
  const { language } = words;
  const say: Translation['say'] = (word, ...values) => sayWord(words, word, ...values);
  const ordinals = say('nth').split(' ');
  const forms = {
    time: (at: number) => renderTime(at, language),
    s: inSeconds,
    nth: (n: number) => ordinals[n - 1] ?? say('nthMore', n),
    span: (ms: number) => renderSpan(ms, language),
  };
  return {
    language,
    say,
    sayOutcome: (kind) => words.words[`outcome-${kind}`] ?? kind,
    sayThat: (said) => said && renderSaid(said, words.said, forms, language === 'en'),
  };
}

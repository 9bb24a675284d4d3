import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Order } from './server.ts';
import { type Language, sayOutcome, say as sayWord, type Word } from './words.ts';

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
  readonly language: Language;
  readonly ask: (asked: Asked) => void;
  /** Sends the command, and reports its result. */
  readonly order: (order: Order, done: string) => void;
};

export const ViewContext = createContext<View | undefined>(undefined);

export type Translation = {
  readonly say: (word: Word, ...values: readonly (string | number)[]) => string;
  readonly sayOutcome: (kind: string) => string;
};

export function useView(): View & Translation {
  const view = useContext(ViewContext);
  if (view === undefined) throw new Error('a part of the page stands outside of it');
  const { language } = view;
  return {
    ...view,
    say: (word, ...values) => sayWord(language, word, ...values),
    sayOutcome: (kind) => sayOutcome(language, kind),
  };
}

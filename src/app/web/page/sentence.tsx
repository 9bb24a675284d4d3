import type { Said } from '../../../core/say/said.ts';
import { useView } from './view.ts';

type SentenceProps = {
  readonly said: Said | undefined;
  /** The same in English. */
  readonly text: string;
  /** In front of the translated sentence, if `text` begins with it. */
  readonly before?: string;
};

/** A sentence of the daemon: in the reader's language if the page has words for it, else in English, marked as such. */
export function Sentence({ said, text, before = '' }: SentenceProps) {
  const { sayThat } = useView();
  const translated = sayThat(said);
  return translated === undefined ? <English>{text}</English> : before + translated;
}

/** Details that only the daemon has words for. */
export function English({ children }: { readonly children: string }) {
  return <span lang="en">{children}</span>;
}

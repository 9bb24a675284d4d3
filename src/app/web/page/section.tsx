import type { ComponentChildren } from 'preact';
import { useView } from './view.ts';

type SectionProps = {
  readonly id: string;
  readonly title: string;
  readonly count?: number;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
};

export function Section({ id, title, count, isWide = false, children }: SectionProps) {
  return (
    <section class={isWide ? 'card wide' : 'card'} aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {count === undefined ? null : <span class="count">{count}</span>}
      </h2>
      {children}
    </section>
  );
}

/** An address that shows its story on a click. */
export function SourceButton({ source }: { readonly source: string }) {
  const { ask, say } = useView();
  return (
    <button
      type="button"
      class="link mono"
      aria-label={say('explain', source)}
      onClick={() => ask({ kind: 'story', source })}
    >
      {source}
    </button>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

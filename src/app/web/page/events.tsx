import type { FeedEvent } from '../../../core/control/feed-event.ts';
import { renderTime } from './format.ts';
import { Section } from './section.tsx';
import { Sentence } from './sentence.tsx';
import { useView } from './view.ts';

const SHOWN = 20;

type EventsProps = { readonly events: readonly FeedEvent[]; readonly lost: number };

const subjectOf = (...subjects: readonly (string | undefined)[]): string =>
  subjects.flatMap((one) => (one === undefined ? [] : `${one}: `)).join('');

export function Events({ events, lost }: EventsProps) {
  const { say, language } = useView();
  return (
    <Section id="events" title={say('events')} isWide>
      {lost > 0 ? <p class="warn">{say('lost', lost)}</p> : null}
      <ol class="log">
        {events.slice(0, SHOWN).map(({ cursor, at, text, level, said, source, door, user }) => (
          <li key={cursor} class={`level-${level}`}>
            <time class="quiet" dateTime={new Date(at).toISOString()}>
              {renderTime(at, language)}
            </time>{' '}
            <Sentence said={said} text={text} before={subjectOf(source, door, user)} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

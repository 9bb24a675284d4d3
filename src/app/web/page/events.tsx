import { renderTime } from './format.ts';
import { Section } from './section.tsx';
import { useView } from './view.ts';

const SHOWN = 30;

export function Events() {
  const { state, say, language } = useView();
  if (state.overview === undefined) return null;
  return (
    <Section id="events" title={say('events')} isWide>
      {state.lost > 0 ? <p class="warn">{say('lost', state.lost)}</p> : null}
      <ol class="log" lang="en">
        {state.events.slice(0, SHOWN).map(({ cursor, at, text, level }) => (
          <li key={cursor} class={`level-${level}`}>
            <time class="quiet" dateTime={new Date(at).toISOString()}>
              {renderTime(at, language)}
            </time>{' '}
            {text}
          </li>
        ))}
      </ol>
    </Section>
  );
}

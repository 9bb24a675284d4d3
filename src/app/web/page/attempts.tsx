import { Empty, Section, SourceButton } from './section.tsx';
import { useView } from './view.ts';

/** Rows that are shown. */
const SHOWN = 12;
const MAX_DOTS = 16;

/** Knocks go on through their stages as they happen. */
export function Attempts() {
  const { state, say } = useView();
  const { attempts, overview } = state;
  if (overview === undefined) return null;
  return (
    <Section id="attempts" title={say('attempts')} count={Math.max(attempts.length, 0)}>
      {attempts.length === 0 ? (
        <Empty>{say('noAttempts')}</Empty>
      ) : (
        <ul class="rows">
          {attempts.slice(0, SHOWN).map(({ source, door, stage, stages }) => (
            <li key={`${source} ${door}`}>
              <SourceButton source={source} />
              <b>{door}</b>
              <span class="stages">
                {stages > MAX_DOTS ? null : (
                  <span class="dots" aria-hidden="true">
                    {'●'.repeat(stage) + '○'.repeat(Math.max(0, stages - stage))}
                  </span>
                )}
                {say('stageOf', stage, stages)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {attempts.length > SHOWN ? <p class="more">{say('more', attempts.length - SHOWN)}</p> : null}
    </Section>
  );
}

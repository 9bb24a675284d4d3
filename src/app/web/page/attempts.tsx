import type { PendingAttempt } from '../../../core/attempt/pending-attempt.ts';
import { Empty, Section, SourceButton } from './section.tsx';
import { useView } from './view.ts';

/** Maximum rows. */
const SHOWN = 12;
const MAX_DOTS = 16;

/** Attempts advance through their stages live. */
export function Attempts({ attempts }: { readonly attempts: readonly PendingAttempt[] }) {
  const { say } = useView();
  return (
    <Section id="attempts" title={say('attempts')} count={attempts.length}>
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

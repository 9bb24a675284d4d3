import type { UserRow } from '../../../core/control/overview.ts';
import { renderTime } from './format.ts';
import { Section, SourceButton } from './section.tsx';
import { Sentence } from './sentence.tsx';
import { useView } from './view.ts';

/** Maximum rows. */
const SHOWN = 30;

/** Users who may knock by a proof, and the result of the last one. */
export function Users({ users }: { readonly users: readonly UserRow[] }) {
  const { say, language } = useView();
  return (
    <Section id="users" title={say('users')} count={users.length}>
      <ul class="rows">
        {users.slice(0, SHOWN).map(({ name, isOff, until, leases, last }) => (
          <li key={name}>
            <b>{name}</b>
            <span class={leases > 0 ? 'good' : 'quiet'}>{say('openCount', leases)}</span>
            {isOff ? <span class="tag">{say('off')}</span> : null}
            {until === undefined ? null : (
              <span class="quiet">{say('until', renderTime(until, language))}</span>
            )}
            {last === undefined ? null : (
              <span>
                <span class="mono">{renderTime(last.at, language)}</span>{' '}
                <SourceButton source={last.source} /> <Sentence said={last.said} text={last.text} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {users.length > SHOWN ? <p class="more">{say('more', users.length - SHOWN)}</p> : null}
    </Section>
  );
}

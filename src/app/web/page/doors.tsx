import type { Overview } from '../../../core/control/overview.ts';
import { Section } from './section.tsx';
import { English } from './sentence.tsx';
import { useView } from './view.ts';

/** Maximum rows. */
const SHOWN = 30;

export function Doors({ overview }: { readonly overview: Overview }) {
  const { say, ask, readOnly } = useView();
  const { status } = overview;
  const doors = overview.doors.slice(0, SHOWN);
  return (
    <Section id="doors" title={say('doors')} count={status.doors}>
      <ul class={readOnly ? 'rows' : 'rows scroll'}>
        {doors.map(({ name, ports, leases, shut, openFor }) => (
          <li key={name}>
            <div class="what">
              <b>{name}</b>
              <span>{ports === '' ? say('command') : ports}</span>
              {shut === undefined ? (
                <span class="quiet">{say('openCount', leases)}</span>
              ) : (
                <span class="bad">
                  {say('shut')} <English>{shut}</English>
                </span>
              )}
            </div>
            {readOnly ? null : (
              <button
                type="button"
                aria-label={say('openTitle', name)}
                onClick={() =>
                  ask({ kind: 'open', door: name, minutes: Math.max(1, Math.round(openFor / 60_000)) })
                }
              >
                {say('open')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {status.doors > doors.length ? <p class="more">{say('more', status.doors - doors.length)}</p> : null}
    </Section>
  );
}

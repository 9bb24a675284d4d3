import { useEffect, useState } from 'preact/hooks';
import type { PlainBan } from '../../../core/control/ban-answers.ts';
import type { Overview, PenaltyRow } from '../../../core/control/overview.ts';
import { renderTime } from './format.ts';
import { Empty, Section, SourceButton } from './section.tsx';
import { ask } from './server.ts';
import { useView } from './view.ts';

/** Maximum rows of each list. */
const SHOWN = 20;

/** Banned sources, and sources under penalty. */
export function KeptOut({ overview }: { readonly overview: Overview }) {
  const { say, order, language, readOnly } = useView();
  const { status } = overview;
  const { bans, penalties } = useKeptOut(status.bans, status.tripwires.suspects);
  const until = (at: number | undefined): string =>
    at === undefined ? say('forGood') : say('until', renderTime(at, language));
  return (
    <Section id="kept-out" title={say('bans')}>
      {bans.length + penalties.length === 0 ? <Empty>{say('nobody')}</Empty> : null}
      <ul class={readOnly ? 'rows' : 'rows scroll'}>
        {bans.slice(0, SHOWN).map((ban) => (
          <li key={ban.who}>
            <div class="what">
              <span class="mono">{ban.who}</span>
              <span class="bad">{`${say('banned')} ${until(ban.until)}`}</span>
            </div>
            {readOnly ? null : (
              <button
                type="button"
                aria-label={`${say('unban')}: ${ban.who}`}
                onClick={() => order({ verb: 'unban', who: ban.who }, say('unbanDone', ban.who))}
              >
                {say('unban')}
              </button>
            )}
          </li>
        ))}
        {penalties.slice(0, SHOWN).map((one) => (
          <li key={one.who}>
            <SourceButton source={one.who} />
            <span class="warn">{`${say('penalty')} ${until(one.until)}`}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

type KeptOutRows = { readonly bans: readonly PlainBan[]; readonly penalties: readonly PenaltyRow[] };

/** Requested again when a number changes. */
function useKeptOut(banned: number, inPenalty: number): KeptOutRows {
  const [rows, setRows] = useState<KeptOutRows>({ bans: [], penalties: [] });
  useEffect(() => {
    Promise.all([ask('bans'), ask('penalties')]).then(
      ([bans, penalties]) => setRows({ bans, penalties }),
      () => undefined,
    );
  }, [banned, inPenalty]);
  return rows;
}

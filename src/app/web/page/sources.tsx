import type { SourceRow } from '../../../core/control/overview.ts';
import { renderTime } from './format.ts';
import { Empty, Section, SourceButton } from './section.tsx';
import { Sentence } from './sentence.tsx';
import { useView } from './view.ts';

/** Maximum rows. */
const SHOWN = 25;

const GOOD: ReadonlySet<string> = new Set(['open', 'was-open', 'completed']);
const NEUTRAL: ReadonlySet<string> = new Set(['pending', 'retransmission', 'nothing']);

/** Sources that knocked lately, and why they failed. */
export function Sources({ sources }: { readonly sources: readonly SourceRow[] }) {
  const { say, readOnly } = useView();
  return (
    <Section id="sources" title={say('sources')} isWide>
      {sources.length === 0 ? (
        <Empty>{say('noSources')}</Empty>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('address')}</th>
                <th scope="col">{say('seen')}</th>
                <th scope="col">{say('outcome')}</th>
                <th scope="col">{say('sentence')}</th>
                {readOnly ? null : <td />}
              </tr>
            </thead>
            <tbody>
              {sources.slice(0, SHOWN).map((row) => (
                <SourceLine key={row.source} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function SourceLine({ row }: { readonly row: SourceRow }) {
  const { say, sayOutcome, ask, order, readOnly, language } = useView();
  const { source, at, kind, door, sentence, said, penaltyUntil, banned } = row;
  const colour = GOOD.has(kind) ? 'good' : NEUTRAL.has(kind) ? 'quiet' : 'bad';
  const ban = (): void =>
    ask({
      kind: 'confirm',
      question: say('banAsk', source),
      button: say('ban'),
      run: () => order({ verb: 'ban', who: source }, `${source}: ${say('banned')}`),
    });
  return (
    <tr>
      <td data-label={say('address')}>
        <SourceButton source={source} />
      </td>
      <td data-label={say('seen')} class="mono time">
        {renderTime(at, language)}
      </td>
      <td data-label={say('outcome')}>
        <span class={colour}>{sayOutcome(kind)}</span>
        {penaltyUntil === undefined ? null : <span class="tag">{say('penalty')}</span>}
      </td>
      <td data-label={say('sentence')}>
        {door === undefined ? '' : `${door}: `}
        <Sentence said={said} text={sentence} />
      </td>
      {readOnly ? null : (
        <td class="buttons">
          {banned ? null : (
            <button type="button" class="danger" aria-label={`${say('ban')}: ${source}`} onClick={ban}>
              {say('ban')}
            </button>
          )}
        </td>
      )}
    </tr>
  );
}

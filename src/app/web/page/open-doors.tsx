import type { LeaseStatus } from '../../../core/control/lease-status.ts';
import { renderLeft } from './format.ts';
import { Empty, Section, SourceButton } from './section.tsx';
import { useView } from './view.ts';

export function OpenDoors() {
  const { state, say } = useView();
  const { overview, readOnly } = state;
  if (overview === undefined) return null;
  const { leases, status } = overview;
  const hidden = status.leases.open - leases.length;
  return (
    <Section id="leases" title={say('leases')} count={status.leases.open} isWide>
      {leases.length === 0 ? (
        <Empty>{say('none')}</Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{say('address')}</th>
              <th scope="col">{say('door')}</th>
              <th scope="col">{say('ports')}</th>
              <th scope="col">{say('by')}</th>
              <th scope="col">{say('left')}</th>
              {readOnly ? null : <td />}
            </tr>
          </thead>
          <tbody>
            {leases.map((lease) => (
              <LeaseRow key={lease.id} lease={lease} />
            ))}
          </tbody>
        </table>
      )}
      {hidden > 0 ? <p class="more">{say('more', hidden)}</p> : null}
    </Section>
  );
}

function LeaseRow({ lease }: { readonly lease: LeaseStatus }) {
  const { say, ask, order, state } = useView();
  const { source, door, ports, holders, byOperator, orderedBy } = lease;
  const users = [...new Set(holders?.map(({ user }) => user))].join(', ');
  const by = users !== '' ? users : byOperator ? (orderedBy ?? say('byOperator')) : say('byKnock');
  const close = (): void =>
    ask({
      kind: 'confirm',
      question: say('closeAsk', door, source),
      button: say('close'),
      run: () => order({ verb: 'close', door, ip: source }, say('closedDone', door, source)),
    });
  const extend = (): void => order({ verb: 'extend', door, ip: source }, say('extended', door, source));
  return (
    <tr>
      <td data-label={say('address')}>
        <SourceButton source={source} />
      </td>
      <td data-label={say('door')}>
        <b>{door}</b>
      </td>
      <td data-label={say('ports')}>{ports === '' ? say('command') : ports}</td>
      <td data-label={say('by')}>{by}</td>
      <td data-label={say('left')}>
        <TimeLeft lease={lease} />
      </td>
      {state.readOnly ? null : (
        <td class="buttons">
          <button type="button" aria-label={`${say('extend')}: ${door}, ${source}`} onClick={extend}>
            {say('extend')}
          </button>
          <button
            type="button"
            class="danger"
            aria-label={`${say('close')}: ${door}, ${source}`}
            onClick={close}
          >
            {say('close')}
          </button>
        </td>
      )}
    </tr>
  );
}

function TimeLeft({ lease }: { readonly lease: LeaseStatus }) {
  const { say, now, state } = useView();
  const { held, left, since, until, startFailure } = lease;
  if (startFailure !== undefined) return <span class="bad">{say('failed')}</span>;
  if (held) return <span class="good">{say('held')}</span>;
  const rest = Math.max(0, left - (now - state.overviewAt));
  const whole = Math.max(1, until - since);
  return (
    <span class="left">
      <span class={rest < 10_000 ? 'mono warn' : 'mono'}>{renderLeft(rest)}</span>
      <progress max={whole} value={Math.min(whole, rest)} aria-label={say('left')} />
    </span>
  );
}

import type { LeaseStatus } from '../../../core/control/lease-status.ts';
import type { Overview } from '../../../core/control/overview.ts';
import { renderRemaining } from './format.ts';
import { Empty, Section, SourceButton } from './section.tsx';
import { useNow } from './use-now.ts';
import { useView } from './view.ts';

/** Maximum rows. */
const SHOWN = 50;

type OpenDoorsProps = { readonly overview: Overview; readonly since: number };

/** `since`: when the overview arrived, on `performance.now()`. */
export function OpenDoors({ overview, since }: OpenDoorsProps) {
  const { say, readOnly } = useView();
  const { status } = overview;
  const leases = overview.leases.slice(0, SHOWN);
  const hidden = status.leases.open - leases.length;
  return (
    <Section id="leases" title={say('leases')} count={status.leases.open} isWide>
      {leases.length === 0 ? (
        <Empty>{say('none')}</Empty>
      ) : (
        <div class="scroll">
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
                <LeaseRow key={lease.id} lease={lease} from={since} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {hidden > 0 ? <p class="more">{say('more', hidden)}</p> : null}
    </Section>
  );
}

type LeaseProps = { readonly lease: LeaseStatus; readonly from: number };

function LeaseRow({ lease, from }: LeaseProps) {
  const { say, ask, order, readOnly } = useView();
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
        <TimeLeft lease={lease} from={from} />
      </td>
      {readOnly ? null : (
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

function TimeLeft({ lease, from }: LeaseProps) {
  const { say } = useView();
  const now = useNow();
  const { held, left, since, until, startFailure } = lease;
  if (startFailure !== undefined) return <span class="bad">{say('failed')}</span>;
  if (held) return <span class="good">{say('held')}</span>;
  const rest = Math.max(0, left - Math.max(0, now - from));
  const whole = Math.max(1, until - since);
  return (
    <span class="left">
      <span class={rest < 10_000 ? 'mono warn' : 'mono'}>{renderRemaining(rest)}</span>
      <progress max={whole} value={Math.min(whole, rest)} aria-label={say('left')} />
    </span>
  );
}

import type { LeaseStatus } from '../../../core/control/lease-status.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderDateTime } from '../../../core/event/render-moment.ts';
import { holderNames } from '../../../core/lease/holders.ts';
import type { Json, Output } from '../../arguments/verb.ts';
import { renderTable } from './render-table.ts';
import { inSeconds, isoMoment, renderLength } from './render-time.ts';

/** The leases as a table; no lines without leases. */
export function renderLeases(leases: readonly LeaseStatus[], { style }: Pick<Output, 'style'>): string[] {
  if (leases.length === 0) return [];
  const columns = [
    { title: 'DOOR' },
    { title: 'ADDRESS' },
    { title: 'USER' },
    { title: 'OPEN' },
    { title: 'SINCE' },
    { title: 'LEFT', align: 'right' },
    { title: '', style: 'dim' },
  ] as const;
  const rows = leases.map((lease) => {
    const { door, source, holders, ports, since, left } = lease;
    return [
      door,
      source,
      holderNames(holders),
      ports === '' ? 'command' : ports,
      renderDateTime(since),
      renderLength(left),
      remarkOn(lease),
    ];
  });
  return renderTable(columns, rows, style);
}

export function leaseJson({ since, until, left, ...rest }: LeaseStatus): Json {
  const { holders } = rest;
  const user = holders === undefined ? {} : { user: holderNames(holders) };
  return { ...rest, ...user, since: isoMoment(since), until: isoMoment(until), left: inSeconds(left) };
}

function remarkOn({ prefix, state, held, byOperator, startFailure, stopFailure }: LeaseStatus): string {
  const remarks = [
    ...(prefix === undefined ? [] : [`for all of ${prefix}`]),
    ...(state === 'open' ? [] : [state]),
    ...(startFailure === undefined ? [] : [`FAILED: the start command ${printable(startFailure)}`]),
    ...(stopFailure === undefined ? [] : [`not closed yet: the stop command ${printable(stopFailure)}`]),
    ...(held ? ['held by a connection'] : []),
    ...(byOperator === true ? ['by the operator'] : []),
  ];
  return remarks.join(', ');
}

import type { FleetStatus, MemberStatus } from '../../../core/control/fleet-status.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderDateTime } from '../../../core/event/render-moment.ts';
import type { Json } from '../../arguments/verb.ts';
import { isoMoment } from './render-time.ts';

/** Rows of `bussa status`. */
export function fleetRows(fleet: FleetStatus | undefined): [string, string][] {
  if (fleet === undefined) return [];
  const { counts } = fleet;
  const told = `${counts.published} told, ${counts.applied} applied, ${counts.refused} refused`;
  const waiting = counts.waiting === 0 ? '' : `, ${counts.waiting} wait to be told`;
  const rows = [
    `${fleet.fleet}, as ${fleet.member}: ${stateWords(fleet)}`,
    `changes: ${told}${waiting}; proofs: ${counts.claimed} claimed, ${counts.taken} used elsewhere, ${counts.unclaimed} without the engine`,
    ...fleet.members.map(memberWords),
  ];
  return rows.map((text, index) => [index === 0 ? 'fleet' : '', text]);
}

export function fleetJson({ since, members, ...fleet }: FleetStatus): Json {
  return {
    ...fleet,
    since: isoMoment(since),
    members: members.map(({ heard, refusal, ...member }) => ({
      ...member,
      ...(heard === undefined ? {} : { heard: isoMoment(heard) }),
      ...(refusal === undefined ? {} : { refusal: { at: isoMoment(refusal.at), why: refusal.why } }),
    })),
  };
}

function stateWords({ carrier, connected, since, why, engine }: FleetStatus): string {
  const from = `since ${renderDateTime(since)}`;
  if (connected) return `connected to ${engine} ${from}`;
  if (!carrier) return `PROBLEM: \`bussa fleet\` is not connected to this daemon, ${from}`;
  const reason = why === undefined ? '' : `: ${printable(why)}`;
  return `PROBLEM: no connection to ${engine} ${from}${reason}`;
}

function memberWords({ name, heard, doors, bans, leases, refusal }: MemberStatus): string {
  const last = heard === undefined ? 'not heard yet' : `heard ${renderDateTime(heard)}`;
  const may = [...(doors.length === 0 ? [] : [doors.join(', ')]), ...(bans ? ['bans'] : [])].join(' and ');
  const refused = refusal === undefined ? '' : `; refused ${renderDateTime(refusal.at)}: ${refusal.why}`;
  return printable(
    `member ${name}: ${last}, holds ${leases} open, may ${may === '' ? 'open nothing here' : may}${refused}`,
  );
}

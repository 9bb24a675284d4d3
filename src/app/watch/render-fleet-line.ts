import type { FleetStatus, MemberStatus } from '../../core/control/fleet-status.ts';
import { renderDateTime } from '../../core/event/render-moment.ts';
import { fitText, type Line, span } from './line.ts';

/** The connection to the fleet, and when each member was heard last. */
export function renderFleetLine({
  fleet,
  member,
  carrier,
  connected,
  why,
  members,
  counts,
}: FleetStatus): Line {
  const head = [span(fitText('fleet', 8), 'dim'), span(` ${fleet} as ${member}  `)];
  if (!connected) {
    const reason = carrier ? (why ?? 'the engine cannot be reached') : '`bussa fleet` is not connected';
    return [...head, span(`NOT CONNECTED, ${counts.waiting} wait: ${reason}`, 'red')];
  }
  return [...head, span('connected', 'green'), ...members.map((one) => span(`  ${heardWords(one)}`))];
}

function heardWords({ name, heard }: MemberStatus): string {
  return heard === undefined ? `${name} not heard` : `${name} ${renderDateTime(heard).slice(-8)}`;
}

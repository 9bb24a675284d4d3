import type { FleetCounts, FleetStatus, MemberStatus } from '../../../core/control/fleet-status.ts';
import { inFleet } from '../../../core/door/fleet-right.ts';
import type { Event } from '../../../core/event/event.ts';
import { type Member, mayOpen } from '../../../core/fleet/member.ts';
import type { Membership } from './fleet-parts.ts';
import type { FleetRefusals } from './fleet-refusals.ts';
import { fleetWindow } from './fleet-window.ts';
import type { MemberTimes } from './member-times.ts';

/** The state of the carrier and the engine. `since`: when it last changed. */
export type CarrierView = Pick<FleetStatus, 'connected' | 'since' | 'why' | 'offset' | 'wide'>;

export type FleetViewParts = {
  readonly membership: Membership;
  readonly carrier: CarrierView & { readonly carrier: boolean };
  readonly counts: FleetCounts;
  readonly times: MemberTimes;
  readonly refusals: FleetRefusals;
};

export function fleetStatus({ membership, carrier, counts, times, refusals }: FleetViewParts): FleetStatus {
  const { fleet, self, settings, members } = membership.identity();
  const { doors } = membership.inForce.current;
  const accepting = doors.filter((door) => inFleet(door, 'accept'));
  const held = leasesByMember(membership);
  const statusOf = (member: Member): MemberStatus => {
    const heard = times.of(member.name);
    const refusal = refusals.lastOf(member.name);
    return {
      name: member.name,
      ...(heard === undefined ? {} : { heard: heard.at }),
      ...(heard?.skew === undefined ? {} : { skew: heard.skew }),
      doors: accepting.filter(({ name }) => mayOpen(member, name)).map(({ name }) => name),
      bans: member.bans,
      leases: held.get(member.name) ?? 0,
      ...(refusal === undefined ? {} : { refusal }),
    };
  };
  return {
    ...{ fleet, member: self.name, engine: settings.engine },
    ...carrier,
    window: fleetWindow(doors),
    members: [...members.values()].map(statusOf),
    counts,
    ...(membership.spread.isActive ? { spread: { ...membership.spread.counts } } : {}),
  };
}

function leasesByMember({ keeper }: Membership): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { holders = [] } of keeper.book.each()) {
    const names = new Set(holders.filter(({ kind }) => kind === 'member').map(({ user }) => user));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

export function stateEvent(
  { connected, why = '`bussa fleet` is not connected to the daemon' }: CarrierView,
  count: number,
): Event {
  return connected ? { kind: 'fleet-connected', count } : { kind: 'fleet-unreachable', count, reason: why };
}

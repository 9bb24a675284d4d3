import type { Proof } from '../../../core/attempt/completion.ts';
import type { FleetLeaseId } from '../../../core/fleet/fleet-record.ts';
import type { Lease } from '../../../core/lease/lease.ts';

const MARK = 'MEMBER:';

/** A lease of another member, as a holder of a lease of this host. */
export const memberProof = (member: string, lease: FleetLeaseId): Proof => ({
  kind: 'member',
  user: member,
  fingerprint: `${MARK}${lease}`,
});

export const leaseIn = (fingerprint: string): FleetLeaseId => fingerprint.slice(MARK.length) as FleetLeaseId;

/** The member's leases that hold this one. */
export const memberLeases = ({ holders = [] }: Pick<Lease, 'holders'>, member: string): FleetLeaseId[] =>
  holders
    .filter(({ kind, user }) => kind === 'member' && user === member)
    .map(({ fingerprint }) => leaseIn(fingerprint));

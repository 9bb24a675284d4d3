import type { Proof } from '../attempt/completion.ts';
import { closeByOrder } from './close-lease.ts';
import { changeHolders } from './extend-lease.ts';
import { byMember, isSame, withoutRevoked } from './holders.ts';
import type { Entry } from './lease-table.ts';
import type { LeaseTransition } from './lease-transition.ts';

/** A member of the fleet holds it no more. What nobody else holds closes; what somebody else holds too goes on. */
export function release(transition: LeaseTransition, entry: Entry, holder: Proof): void {
  const lease = withoutRevoked(entry.lease, (proof) => !isSame(proof, holder));
  if (lease === undefined) closeByOrder(transition, entry, byMember(holder.user));
  else if (lease !== entry.lease) changeHolders(transition, entry, lease);
}

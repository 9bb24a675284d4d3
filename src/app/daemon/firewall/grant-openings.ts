import type { Event } from '../../../core/event/event.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { leasePrefix } from '../../../core/lease/lease-prefix.ts';
import { type Instant, type Millis, millis, since } from '../../../core/net/time.ts';
import type { Firewall, Grant } from '../../../host/firewall/contract/firewall.ts';
import type { QueuedOpening } from './opening-queue.ts';

/** What lets a lease's source in until its end. */
export function grantOf(lease: Lease, now: Instant): Grant {
  const left = Math.max(0, since(now, lease.due));
  return { door: lease.door, source: leasePrefix(lease).base, left: millis(left) as Millis };
}

/** Reports a lease that an installation closed because its single use may be spent. */
export function unknownUse({ door, source }: Grant): Event {
  const text = `${source}: ${door}: cannot tell whether its single use was spent; closed, knock again`;
  return { kind: 'warning', text };
}

export type OpeningParts = {
  readonly firewall: () => Firewall;
  readonly grantOf: (lease: Lease) => Grant;
  /** Restores the rules if somebody removed them. Returns whether that was the case and they are in place again. */
  readonly restore: () => Promise<boolean>;
};

/**
 * Opens all of them in one transaction. If the rules were just removed, restores them and tries again; otherwise opens
 * each one separately, so that a bad one fails alone. Returns the openings of the batch.
 */
export async function openTogether(
  batch: readonly QueuedOpening[],
  { firewall, grantOf, restore }: OpeningParts,
): Promise<readonly Grant[]> {
  const grants = batch.map(({ lease }) => grantOf(lease));
  try {
    await grantAll(firewall(), grants);
  } catch (error) {
    const isMended = await restore();
    if (batch.length === 1 && !isMended) throw error;
    if (isMended && (await tryGrant(firewall(), grants))) return grants;
    await grantEach(firewall(), batch, ({ lease }) => grantOf(lease));
  }
  return grants;
}

/** All in one transaction. Throws a `FirewallError`. */
async function grantAll(firewall: Firewall, grants: readonly Grant[]): Promise<void> {
  const [first, ...others] = grants;
  if (first !== undefined && others.length === 0) await firewall.grant(first);
  else await firewall.grantAll(grants);
}

function tryGrant(firewall: Firewall, grants: readonly Grant[]): Promise<boolean> {
  const granted = grantAll(firewall, grants).then(() => true);
  return granted.catch(() => false);
}

/** Each in its own transaction: a bad one fails alone. */
async function grantEach(
  firewall: Firewall,
  batch: readonly QueuedOpening[],
  grantOf: (opening: QueuedOpening) => Grant,
): Promise<void> {
  for (const opening of batch) {
    try {
      await firewall.grant(grantOf(opening));
    } catch (error) {
      opening.refuse(error);
    }
  }
}

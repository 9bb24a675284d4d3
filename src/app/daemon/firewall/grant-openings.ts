import type { Event } from '../../../core/event/event.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import { leasePrefix } from '../../../core/lease/lease-prefix.ts';
import { type Instant, type Millis, millis, since } from '../../../core/net/time.ts';
import type { Firewall, Grant } from '../../../host/firewall/contract/firewall.ts';
import type { AskedOpening } from './opening-queue.ts';

/** What lets a lease in until its end. */
export function grantOf(lease: Lease, now: Instant): Grant {
  const left = Math.max(0, since(now, lease.due));
  return { door: lease.door, source: leasePrefix(lease).base, left: millis(left) as Millis };
}

/** What is told where an installation has closed a lease to be on the safe side. */
export function unknownUse({ door, source }: Grant): Event {
  const text = `${source}: ${door}: cannot tell whether its single use was spent; closed, knock again`;
  return { kind: 'warning', text };
}

export type OpeningParts = {
  readonly firewall: () => Firewall;
  readonly grantOf: (lease: Lease) => Grant;
  /** Puts the rules back if somebody has taken them away. Returns whether that was so, and they stand again. */
  readonly restore: () => Promise<boolean>;
};

/**
 * Opens them in one transaction. Where that is refused because somebody has just taken the rules away, they are put
 * back first; else each opening for itself: one that cannot be done fails alone. Returns what was asked for.
 */
export async function openTogether(
  batch: readonly AskedOpening[],
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

/** All of them at once. Throws a `FirewallError`. */
async function grantAll(firewall: Firewall, grants: readonly Grant[]): Promise<void> {
  const [first, ...others] = grants;
  if (first !== undefined && others.length === 0) await firewall.grant(first);
  else await firewall.grantAll(grants);
}

function tryGrant(firewall: Firewall, grants: readonly Grant[]): Promise<boolean> {
  const granted = grantAll(firewall, grants).then(() => true);
  return granted.catch(() => false);
}

/** Each for itself: one that cannot be done fails alone. */
async function grantEach(
  firewall: Firewall,
  batch: readonly AskedOpening[],
  grantOf: (opening: AskedOpening) => Grant,
): Promise<void> {
  for (const opening of batch) {
    try {
      await firewall.grant(grantOf(opening));
    } catch (error) {
      opening.refuse(error);
    }
  }
}

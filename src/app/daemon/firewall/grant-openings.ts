import type { Firewall, Grant } from '../../../host/firewall/contract/firewall.ts';
import type { AskedOpening } from './opening-queue.ts';

/** All of them at once. Throws a `FirewallError`. */
export async function grantAll(firewall: Firewall, grants: readonly Grant[]): Promise<void> {
  const [first, ...others] = grants;
  if (first !== undefined && others.length === 0) await firewall.grant(first);
  else await firewall.grantAll(grants);
}

export function tryGrant(firewall: Firewall, grants: readonly Grant[]): Promise<boolean> {
  const granted = grantAll(firewall, grants).then(() => true);
  return granted.catch(() => false);
}

/** Each for itself: one that cannot be done fails alone. */
export async function grantEach(
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

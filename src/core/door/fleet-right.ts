/**
 * A door's part in the fleet. `share`: other members are told about its leases. `accept`: members whose line in the
 * members file names it may open it here. `spread`: a sequence counts even if its knocks reach several members.
 */
export const FLEET_RIGHTS = ['share', 'accept', 'spread'] as const;

export type FleetRight = (typeof FLEET_RIGHTS)[number];

export const inFleet = (
  { fleet = [] }: { readonly fleet?: readonly FleetRight[] },
  right: FleetRight,
): boolean => fleet.includes(right);

/** At doors of a fleet, a proof that could be used once at each member is first claimed in the engine. */
export const CLAIM_WAYS = ['prefer', 'require'] as const;

/** `prefer`: without the engine, this host's own record decides. `require`: without it, the door stays shut. */
export type ClaimWay = (typeof CLAIM_WAYS)[number];

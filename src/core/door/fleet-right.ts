/**
 * What a door has to do with the fleet. `share`: other members are told of its leases. `accept`: members whose line in the
 * members file names it may open it here. `spread`: a sequence counts whose knocks have reached several members.
 */
export const FLEET_RIGHTS = ['share', 'accept', 'spread'] as const;

export type FleetRight = (typeof FLEET_RIGHTS)[number];

export const inFleet = (
  { fleet = [] }: { readonly fleet?: readonly FleetRight[] },
  right: FleetRight,
): boolean => fleet.includes(right);

/** A proof that could be used once at each member is claimed in the engine first: at doors of a fleet, whatever they do there. */
export const CLAIM_WAYS = ['prefer', 'require'] as const;

/** `prefer`: without the engine this host's own record decides. `require`: without it the door stays shut. */
export type ClaimWay = (typeof CLAIM_WAYS)[number];

import type { Event } from '../../../core/event/event.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { FleetIdentity } from '../../config/fleet-identity.ts';
import type { BanKeeper } from '../bans/ban-keeper.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { SpreadCoordinator } from '../spread/spread-coordinator.ts';
import type { DoorsByName } from './doors-by-name.ts';

export type FleetParts = {
  readonly inForce: ConfigInForce;
  readonly keeper: LeaseKeeper;
  readonly bans: BanKeeper;
  readonly spread: SpreadCoordinator;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
};

/** Shared by the parts of one membership. `identity`: as of the last reload. */
export type Membership = FleetParts & {
  readonly identity: () => FleetIdentity;
  readonly doors: DoorsByName;
  /** Drawn at this start; record numbers count within it. */
  readonly epoch: string;
};

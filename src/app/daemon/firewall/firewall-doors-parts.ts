import type { Event } from '../../../core/event/event.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import type { Ingress } from '../../../core/net/ingress.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { ChosenFirewall, FirewallSettings } from './open-firewall.ts';

export type FirewallDoorsParts = {
  /** Called when a door first needs the firewall, and when the settings change. Throws a `FirewallError`. */
  readonly openFirewall: (settings: FirewallSettings) => Promise<ChosenFirewall>;
  readonly clock: Clock;
  /** The leases that hold ports open now. */
  readonly leases: () => readonly Lease[];
  readonly report: (event: Event) => void;
  readonly onLooked?: () => void;
  /** Interfaces through which strangers' forwarded packets arrive. They may change at any time. */
  readonly ingresses?: () => readonly Ingress[];
};

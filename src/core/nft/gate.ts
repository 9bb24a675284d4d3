import type { PortOpening } from '../door/port-opening.ts';
import type { Address } from '../net/address.ts';
import type { Ingress } from '../net/ingress.ts';
import type { Millis } from '../net/time.ts';

/** A door in the form that its rules need. */
export type NftGate = {
  readonly door: string;
  readonly ports: readonly PortOpening[];
  /** The first new connection uses up a grant. */
  readonly singleUse: boolean;
  /** A grant's end is postponed while connections made under it live. */
  readonly hold?: boolean;
  /** Cut connections must not continue. */
  readonly closeKills?: boolean;
  /** An IPv6 grant covers the prefix of this length; its source is the prefix's base. */
  readonly prefix6?: number;
  /** Interfaces on which strangers' forwarded packets arrive. Absent: any. */
  readonly ingresses?: readonly Ingress[];
};

/** Opens a door's ports for a source, or for the gate's prefix with this base, for the remaining time. */
export type NftGrant = { readonly door: string; readonly source: Address; readonly left: Millis };

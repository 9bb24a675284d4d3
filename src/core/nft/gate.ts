import type { PortOpening } from '../door/port-opening.ts';
import type { Address } from '../net/address.ts';
import type { Ingress } from '../net/ingress.ts';
import type { Millis } from '../net/time.ts';

/** A door as its rules need it. */
export type NftGate = {
  readonly door: string;
  readonly ports: readonly PortOpening[];
  /** The first new connection uses a grant up. */
  readonly singleUse: boolean;
  /** A grant's end is put off for as long as connections made by it live. */
  readonly hold?: boolean;
  /** What has been cut must not come back. */
  readonly closeKills?: boolean;
  /** An IPv6 grant is for the prefix of this many bits; its source is the prefix's base. */
  readonly prefix6?: number;
  /** By which interfaces strangers come whose packets go through this host; none: by any. */
  readonly ingresses?: readonly Ingress[];
};

/** A door's ports are open for a source, or for the gate's prefix whose base it is, for so long yet. */
export type NftGrant = { readonly door: string; readonly source: Address; readonly left: Millis };

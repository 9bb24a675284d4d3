import type { PortOpening } from '../../../core/door/port-opening.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Ingress } from '../../../core/net/ingress.ts';
import type { Millis } from '../../../core/net/time.ts';
import type { Readiness } from '../../ffi/readiness.ts';

/** What the firewall knows about a door: its name, and the ports that are closed except for its leases. */
export type Gate = {
  readonly door: string;
  readonly ports: readonly [PortOpening, ...PortOpening[]];
  /** The first new connection uses up a grant. */
  readonly singleUse: boolean;
  /** Connections made under a grant must be tracked, because something asks for them. */
  readonly hold?: boolean;
  /** Connections made under a grant are cut at its end, and must not continue. */
  readonly closeKills?: boolean;
  /** An IPv6 grant lets in the prefix of this length around its source. Absent: only the source. */
  readonly prefix6?: number;
  /** Interfaces on which strangers' forwarded packets arrive. Absent: any. */
  readonly ingresses?: readonly Ingress[];
  /** It is closed to everybody and has no grants, because this firewall cannot serve it. */
  readonly shut?: boolean;
};

/** Opens a door's ports for a source, or for the gate's prefix with this base, for the remaining time. */
export type Grant = { readonly door: string; readonly source: Address; readonly left: Millis };

/**
 * Bussa's rules in the kernel's firewall. Foreign rules are never touched. Throws a `FirewallError`, and then nothing
 * has changed.
 */
export interface Firewall {
  /** For the log: which firewall, and where Bussa's rules are in it. */
  readonly name: string;
  /** Whether the kernel ends a grant by itself. If not, only a living process can. */
  readonly closesByItself: boolean;
  /** The paths on which it closes the doors' ports. On others the owner's rules close, and Bussa only lets in. */
  readonly closedPaths: readonly PortOpening['path'][];
  /** The kernel's longest timeout. Longer grants must be installed again before it. */
  readonly longest: Millis;
  /**
   * Installs Bussa's rules as a whole, with exactly these grants, whether or not rules exist. Grants of a single-use
   * gate are installed only if the kernel's present state shows that they are unused. Returns those of which it shows
   * nothing, because the rules were removed or another kind of firewall was in use. `anyway`: if it can close ports but
   * the owner's rules keep users out, it closes and sets `shortcoming`; otherwise that is an error.
   */
  install(gates: readonly Gate[], grants: readonly Grant[], anyway?: boolean): Promise<readonly Grant[]>;
  /** Limits that the owner's rules set, as of the last `install`. */
  readonly warnings?: readonly string[];
  /** Why users who knock may be kept out although the last `install` closed the ports. */
  readonly shortcoming?: string | undefined;
  /** Opens a grant, or changes its end. The kernel ends it by itself if it can. */
  grant(grant: Grant): Promise<void>;
  /**
   * As `grant` for all of them, but faster. For several grants of one source at one door the last one counts. If one is
   * refused, nobody is let in who was not before.
   */
  grantAll(grants: readonly Grant[]): Promise<void>;
  /**
   * Runs `grant` up to the kernel, which rejects the change before looking at it. It has no effect, but code that has
   * run once is faster the next time. Absent if that is not possible.
   */
  rehearse?(grant: Grant): Promise<void>;
  /** Ends a grant now. One that is already over is not an error. */
  revoke(door: string, source: Address): Promise<void>;
  /**
   * Whether Bussa's rules are as `install` left them: the rules or leases may have been flushed. `live`: grants that
   * are not over. A single missing one counts as removed on purpose.
   */
  isInPlace(live: readonly Grant[]): Promise<boolean>;
  /** Calls back when another process has changed the rules; then `isInPlace` should be checked. */
  watch(onChange: () => void): Readiness;
  /** Shell commands that open the closed ports without this process. `undefined`: no rules of Bussa's exist. */
  howToOpen(): Promise<string | undefined>;
  /** Removes all of Bussa's rules. */
  remove(): Promise<void>;
  /** Releases the adapter's resources. The rules stay in the kernel. */
  close(): void;
}

export class FirewallError extends Error {
  override readonly name: string = 'FirewallError';
}

/** No descriptor, process or memory was left. Nothing is known or done; a retry may succeed. */
export class ExhaustedError extends FirewallError {
  override readonly name = 'ExhaustedError';
}

/** One door cannot be installed here. The others can without it. */
export class GateError extends FirewallError {
  override readonly name = 'GateError';
  readonly door: string;

  constructor(door: string, message: string) {
    super(message);
    this.door = door;
  }
}

import type { PortOpening } from '../../../core/door/port-opening.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Ingress } from '../../../core/net/ingress.ts';
import type { Millis } from '../../../core/net/time.ts';
import type { Readiness } from '../../ffi/readiness.ts';

/** What the firewall knows of a door: its name, and the ports that are closed but for its leases. */
export type Gate = {
  readonly door: string;
  readonly ports: readonly [PortOpening, ...PortOpening[]];
  /** The first new connection uses a grant up. */
  readonly singleUse: boolean;
  /** The kernel is to track the connections made by a grant: somebody asks for them. */
  readonly hold?: boolean;
  /** The connections made by a grant are cut at its end: they must not come back. */
  readonly closeKills?: boolean;
  /** An IPv6 grant lets in the prefix of this many bits around its source; absent, the source alone. */
  readonly prefix6?: number;
  /** By which interfaces strangers come whose packets go through this host; none: by any. */
  readonly ingresses?: readonly Ingress[];
  /** It is closed to everybody, and has no grants: it has no place here. */
  readonly shut?: boolean;
};

/** A door's ports are open for a source, or for the gate's prefix whose base it is, for so long yet. */
export type Grant = { readonly door: string; readonly source: Address; readonly left: Millis };

/**
 * Bussa's part of the kernel's firewall. It touches nothing of anybody else's. What the system refuses is thrown as
 * a `FirewallError`, and then nothing has changed.
 */
export interface Firewall {
  /** In words for the log: which firewall, and where Bussa's part stands in it. */
  readonly name: string;
  /** Whether the kernel ends a grant by itself. If not, only a process that lives can. */
  readonly closesByItself: boolean;
  /** The paths on which it closes the doors' ports to others; elsewhere the owner's rules do, and Bussa only lets in. */
  readonly closedPaths: readonly PortOpening['path'][];
  /** The kernel counts no further: what is to last longer is to be installed again before that. */
  readonly longest: Millis;
  /**
   * Puts Bussa's part in place as a whole, with these grants and no others, whether or not one is there already. Grants
   * of a single-use gate it makes only if what stands in the kernel shows them to be unused. Returns those of which
   * nothing there tells: somebody else has taken it away, or another kind of firewall was in use. `anyway`: where it can
   * close but not be let in by the owner's rules, it closes, and `shortcoming` tells; else that is an error.
   */
  install(gates: readonly Gate[], grants: readonly Grant[], anyway?: boolean): Promise<readonly Grant[]>;
  /** What of the owner's rules is a limit to it, as of the last `install`. */
  readonly warnings?: readonly string[];
  /** Why the last `install` has closed the ports, and who knocks may not get in all the same. */
  readonly shortcoming?: string | undefined;
  /** Opens, or sets the end again. The kernel ends it by itself where it can. */
  grant(grant: Grant): Promise<void>;
  /**
   * All of them at once, in less time than one by one; of several for one source at one door the last counts. If one is
   * refused, nobody is let in who was not before.
   */
  grantAll(grants: readonly Grant[]): Promise<void>;
  /**
   * Goes the way of `grant`, up to the kernel, which refuses the change before it looks at it: it leaves no trace, and
   * code that has run before is fast when it counts. Absent where that cannot be had.
   */
  rehearse?(grant: Grant): Promise<void>;
  /** Ends a grant now; one that is over already is no error. */
  revoke(door: string, source: Address): Promise<void>;
  /**
   * Whether Bussa's part stands as `install` left it: somebody may have flushed the rules, or the leases. `live`: grants
   * that have been made and are not over. One that is missing among others is taken for somebody's intent.
   */
  isInPlace(live: readonly Grant[]): Promise<boolean>;
  /** Calls back when somebody else has changed the rules; then `isInPlace` is worth asking. */
  watch(onChange: () => void): Readiness;
  /** Commands of the shell that open, without this process, what is closed. `undefined` where nothing of Bussa's stands. */
  howToOpen(): Promise<string | undefined>;
  /** Takes Bussa's part away, all of it. */
  remove(): Promise<void>;
  /** Lets go of what the adapter holds; what is in the kernel stays. */
  close(): void;
}

export class FirewallError extends Error {
  override readonly name: string = 'FirewallError';
}

/** There was no descriptor, process or memory left: what was asked for is not known, nor done, and may be later. */
export class ExhaustedError extends FirewallError {
  override readonly name = 'ExhaustedError';
}

/** One door cannot be put in place here; without it the others can. */
export class GateError extends FirewallError {
  override readonly name = 'GateError';
  readonly door: string;

  constructor(door: string, message: string) {
    super(message);
    this.door = door;
  }
}

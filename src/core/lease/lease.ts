import type { Proof } from '../attempt/completion.ts';
import type { PortOpening } from '../door/port-opening.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

/** What makes a lease one of a kind, through restarts too. */
export type LeaseId = string & { readonly brand: 'LeaseId' };

/** Doors that are open at one time. */
export const MAX_LEASES = 65_536;

/** Ports that a lease holds open in the firewall. */
export type LeasePorts = {
  readonly ports: readonly [PortOpening, ...PortOpening[]];
  /** The first new connection uses the lease up. */
  readonly singleUse: boolean;
  /** The lease stays while a connection made through it lives, and ends with the last one. */
  readonly hold: boolean;
  /** When the lease ends, the connections made through it are cut. */
  readonly closeKills: boolean;
  /** Bits of the prefix that an IPv6 knocker's lease lets in; absent, it lets in the one address. */
  readonly prefix6?: number;
};

/**
 * How a lease ended. `expired`: its time was over · `left`: its last connection has gone · `stopped`: the daemon was
 * stopped in order · `failed`: it did not come about · `rebooted`: the machine was restarted · `changed`: its door
 * opens something else now · `banned`: its source was banned · `closed`: the operator has ended it · `revoked`: the
 * users whose proofs held it may not open its door any more.
 */
export type LeaseEnd = (typeof LEASE_ENDS)[number];

export const LEASE_ENDS = [
  'expired',
  'left',
  'stopped',
  'failed',
  'rebooted',
  'changed',
  'banned',
  'closed',
  'revoked',
] as const;

/** Before its time, by something that is told. */
export const EARLY_ENDS = [
  'left',
  'changed',
  'banned',
  'closed',
  'revoked',
] as const satisfies readonly LeaseEnd[];

export type EarlyEnd = (typeof EARLY_ENDS)[number];

/**
 * A door that is open for a source: in the firewall, by a command, or both.
 * `opening`: not all of it has happened yet · `open` · `closing`: its end has been asked for.
 */
export type Lease = {
  readonly id: LeaseId;
  readonly door: string;
  readonly source: Address;
  /** The command that closes it, empty if there is none. */
  readonly stop: string;
  readonly opened?: LeasePorts;
  /** Users whose proofs hold it, each with his credential; absent where a sequence or the operator opened it. Never empty. */
  readonly holders?: readonly Proof[];
  /** A sequence or the operator's order holds it as well: it does not end with its users. */
  readonly isShared?: true;
  /** The operator has opened it, and nobody has knocked. */
  readonly byOperator?: true;
  /** Which operator that was, and which one has closed it, where that is known. */
  readonly orderedBy?: string;
  readonly closedBy?: string;
  /** Its start command has failed, and how: the door may not be open. */
  readonly startFailure?: string;
  readonly state: 'opening' | 'open' | 'closing';
  /** When it was opened, on the clock that counts from the start of the machine; before that for one of another boot. */
  readonly since: Instant;
  /** When it closes, on the same clock. */
  readonly due: Instant;
};

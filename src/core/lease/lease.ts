import type { Proof } from '../attempt/completion.ts';
import type { PortOpening } from '../door/port-opening.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';

/** Identifies a lease, across restarts too. */
export type LeaseId = string & { readonly brand: 'LeaseId' };

/** Maximum leases at a time. */
export const MAX_LEASES = 65_536;

/** Ports that a lease holds open in the firewall. */
export type LeasePorts = {
  readonly ports: readonly [PortOpening, ...PortOpening[]];
  /** The first new connection uses up the lease. */
  readonly singleUse: boolean;
  /** The lease stays while a connection made through it lives, and ends with the last one. */
  readonly hold: boolean;
  /** When the lease ends, the connections made through it are cut. */
  readonly closeKills: boolean;
  /** Length of the prefix that an IPv6 lease lets in. Absent: only the source. */
  readonly prefix6?: number;
};

/**
 * How a lease ended. `expired`: its time was over · `left`: its last connection ended · `stopped`: the daemon stopped
 * in order · `failed`: the opening failed · `rebooted`: the machine was restarted · `changed`: its door opens something
 * else now · `banned`: its source was banned · `closed`: the operator ended it · `revoked`: the users whose proofs held
 * it may no longer open its door.
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

/** Reasons to end early that are reported. */
export const EARLY_ENDS = [
  'left',
  'changed',
  'banned',
  'closed',
  'revoked',
] as const satisfies readonly LeaseEnd[];

export type EarlyEnd = (typeof EARLY_ENDS)[number];

/**
 * A door that is open for a source: in the firewall, by a command, or both. `opening`: not complete yet · `open` ·
 * `closing`: its end was requested.
 */
export type Lease = {
  readonly id: LeaseId;
  readonly door: string;
  readonly source: Address;
  /** The command that closes it; empty: none. */
  readonly stop: string;
  readonly opened?: LeasePorts;
  /**
   * Users whose proofs hold it, each with the credential; absent if a sequence or the operator opened it. Never empty.
   */
  readonly holders?: readonly Proof[];
  /** A sequence or the operator's command holds it as well: it does not end with its users. */
  readonly isShared?: true;
  /** The operator opened it, and nobody has knocked. */
  readonly byOperator?: true;
  /** The operators who opened and closed it, if known. */
  readonly orderedBy?: string;
  readonly closedBy?: string;
  /** Why its start command failed: the door may not be open. */
  readonly startFailure?: string;
  readonly state: 'opening' | 'open' | 'closing';
  /** When it was opened, on the boot clock; negative for a lease of another boot. */
  readonly since: Instant;
  /** When it closes, on the same clock. */
  readonly due: Instant;
};

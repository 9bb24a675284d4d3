import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Instant, Millis } from '../net/time.ts';

/**
 * A member's message to the others. Times are durations, never moments: each member adds the remaining time to its own
 * clock. `at`: the moment by the sender's wall clock.
 */
export type FleetRecord = {
  readonly fleet: string;
  readonly member: string;
  /** Drawn at each start of the sender's daemon; numbers count within it. 16 hexadecimal digits. */
  readonly epoch: string;
  readonly number: number;
  readonly at: Instant;
  readonly body: FleetBody;
};

/** At most `MAX_CHANGES` each. Only `hello` may be empty: then it is a sign of life. */
export type FleetBody =
  /** `open`: a proof was accepted. `extend`: the same for an open door. `hello`: repeats what is open. */
  | { readonly kind: LeaseKind; readonly leases: readonly LeaseChange[] }
  | { readonly kind: 'close'; readonly ends: readonly EndChange[] }
  | { readonly kind: 'ban'; readonly bans: readonly BanChange[] }
  | { readonly kind: 'unban'; readonly lifted: readonly Prefix[] };

export type LeaseKind = 'open' | 'extend' | 'hello';
export type BodyKind = FleetBody['kind'];

/** In the order of their numbers on the wire, from 1 on. */
export const BODY_KINDS = [
  'open',
  'extend',
  'hello',
  'close',
  'ban',
  'unban',
] as const satisfies readonly BodyKind[];

/** A lease of the sender's own: the first 8 bytes of its id, in hexadecimal digits. */
export type FleetLeaseId = string & { readonly brand: 'FleetLeaseId' };

export type LeaseChange = {
  readonly door: string;
  readonly source: Address;
  /** How long it lasts from `at` on. */
  readonly rest: Millis;
  readonly lease: FleetLeaseId;
};

/** The sender's lease has ended; or, without one, an operator closes the door for the source on all members. */
export type EndChange = { readonly door: string; readonly source: Address; readonly lease?: FleetLeaseId };

/** Without `rest` it is permanent. */
export type BanChange = { readonly who: Prefix; readonly rest?: Millis };

/** BOUNDED: changes in one record. */
export const MAX_CHANGES = 64;

/** BOUNDED: a record with its signature. */
export const MAX_RECORD_BYTES = 1024;

/** RFC 8032, § 5.1.6 */
export const SIGNATURE_BYTES = 64;

/** BOUNDED: bytes of a door's name in UTF-8. */
export const MAX_DOOR_BYTES = 64;

/** Precedes the signed bytes, so that the signature is valid for nothing else. */
export const SIGNED_AS = 'bussa fleet record 1\0';

/** BOUNDED: the longest duration on the wire: 34 years in milliseconds. */
export const MAX_REST = 2 ** 40 - 2;

const LEASE_DIGITS = 16;

/** From a lease's id, which is twice as long. */
export const fleetLeaseId = (id: string): FleetLeaseId => id.slice(0, LEASE_DIGITS) as FleetLeaseId;

export const isFleetLeaseId = (text: string): text is FleetLeaseId => /^[0-9a-f]{16}$/.test(text);

import { concatBytes } from '../../../core/bytes/concat-bytes.ts';
import type { FleetPart } from '../../../core/control/fleet-link.ts';
import { inFleet } from '../../../core/door/fleet-right.ts';
import { type FleetBody, type FleetLeaseId, fleetLeaseId } from '../../../core/fleet/fleet-record.ts';
import { Outbox, type PendingChange } from '../../../core/fleet/outbox.ts';
import { renderRecord, signedBytes } from '../../../core/fleet/render-record.ts';
import { isOwn } from '../../../core/lease/holders.ts';
import type { Lease, LeaseEnd, LeaseId } from '../../../core/lease/lease.ts';
import type { LeaseEffect, OpenOutcome } from '../../../core/lease/lease-effect.ts';
import { isByMember, type OpenRequest } from '../../../core/lease/open-request.ts';
import { type Instant, since } from '../../../core/net/time.ts';
import type { LeaseWatcher } from '../leases/lease-keeper-parts.ts';
import type { Membership } from './fleet-parts.ts';
import { memberLeases } from './member-proof.ts';

/** BOUNDED: records sent but not confirmed by the engine. */
const MAX_IN_FLIGHT = 64;

/** How much of its confirmed data an engine may lose: a failover of Sentinel, or a second of its journal. */
const ENGINE_LOSS_MS = 60_000;

/** Ends that are repeated after a reconnect. */
const MAX_ENDS = 16_384;

/** Each member ends a lease by itself when its time is over. A host that stops or restarts ends no lease elsewhere. */
const NOT_SENT: ReadonlySet<LeaseEnd> = new Set(['expired', 'stopped', 'rebooted']);

/** Sends this host's own leases and bans to the other members. */
export class FleetSender implements LeaseWatcher {
  readonly #membership: Membership;
  readonly #onWaiting: () => void;
  readonly #outbox: Outbox;
  /** Leases that the other members know, and until when. BOUNDED: by the leases. */
  readonly #told = new Map<LeaseId, Instant>();
  /** Ends sent in the last minute, oldest first. BOUNDED: by `MAX_ENDS`. */
  readonly #ends = new Map<FleetLeaseId, { readonly at: Instant; readonly change: PendingChange }>();
  #number = 0;
  #published = 0;

  constructor(membership: Membership, onWaiting: () => void) {
    this.#membership = membership;
    this.#onWaiting = onWaiting;
    const { fleet, self } = membership.identity();
    this.#outbox = new Outbox(fleet, self.name);
  }

  get waiting(): number {
    return this.#outbox.size;
  }

  get published(): number {
    return this.#published;
  }

  /** Whether unconfirmed records have been sent. */
  get hasInFlight(): boolean {
    return this.#outbox.inFlight > 0;
  }

  requested(openRequest: OpenRequest, outcome: OpenOutcome): void {
    if (isByMember(openRequest)) return;
    if (outcome.kind === 'opened') this.#announceLease('open', outcome.lease);
    else if (outcome.kind === 'extended') this.#announceLease('extend', outcome.lease);
  }

  extended(lease: Lease): void {
    if (isOwn(lease)) this.#announceLease('extend', lease);
  }

  effect(effect: LeaseEffect): void {
    if (effect.do === 'report' && effect.notice.kind === 'ports-closed')
      this.#end(effect.notice.lease, effect.notice.how);
    else if (effect.do === 'write-end') this.#end(effect.lease, effect.how);
    // All holders here may have been revoked while a member still holds it.
    else if (effect.do === 'move-end' && !isOwn(effect.lease) && this.#told.has(effect.lease.id))
      this.#end(effect.lease, 'revoked');
  }

  /**
   * Repeats open leases, for members that have missed them, and leases that ended lately: an engine that fails over or
   * loses power may lose changes that it has confirmed.
   */
  hello(): void {
    const { keeper, clock } = this.#membership;
    for (const [lease, { at, change }] of this.#ends) {
      if (since(at, clock.sinceBoot()) > ENGINE_LOSS_MS) this.#ends.delete(lease);
      else this.#put(change);
    }
    for (const lease of keeper.book.each())
      if (lease.state === 'open' && isOwn(lease) && !keeper.book.isHeld(lease.id))
        this.#announceLease('hello', lease);
  }

  /** An operator closes the door for the source everywhere. */
  closeEverywhere(lease: Pick<Lease, 'door' | 'source' | 'due'>): void {
    const { door, source, due } = lease;
    this.#put({ kind: 'close', door, source, due });
  }

  sendBan(change: Extract<PendingChange, { who: unknown }>): void {
    this.#put(change);
  }

  /** A record without changes, which shows that this host lives. */
  heartbeat(): Extract<FleetPart, { kind: 'record' }> {
    return { kind: 'record', seq: this.#outbox.number(), bytes: this.sign({ kind: 'hello', leases: [] }) };
  }

  next(): FleetPart | undefined {
    if (this.#outbox.inFlight >= MAX_IN_FLIGHT) return undefined;
    const batch = this.#outbox.next(this.#membership.clock.sinceBoot());
    return batch && { kind: 'record', seq: batch.seq, bytes: this.sign(batch.body) };
  }

  /** A number for a part that the outbox does not have. */
  number(): number {
    return this.#outbox.number();
  }

  confirm(seq: number): void {
    this.#published += this.#outbox.confirm(seq);
  }

  /** Sends unconfirmed records again, because they may be lost. */
  requeue(): void {
    this.#outbox.requeue();
  }

  sign(body: FleetBody): Uint8Array {
    const { identity, epoch, clock } = this.#membership;
    const { fleet, self, key } = identity();
    this.#number += 1;
    const rendered = renderRecord({
      ...{ fleet, member: self.name, epoch, number: this.#number },
      ...{ at: clock.wall(), body },
    });
    return concatBytes(rendered, key.sign(signedBytes(rendered)));
  }

  #announceLease(kind: 'open' | 'extend' | 'hello', { id, door, source, due }: Lease): void {
    if (!this.#isShared(door)) return;
    this.#told.set(id, due);
    this.#put({ kind, door, source, lease: fleetLeaseId(id), due });
  }

  #end(lease: Lease, how: LeaseEnd): void {
    const { door, source } = lease;
    const due = this.#told.get(lease.id);
    this.#told.delete(lease.id);
    if (NOT_SENT.has(how)) return;
    // Even if the door is no longer shared.
    if (due !== undefined) this.#putEnd({ door, source, lease: fleetLeaseId(lease.id), due });
    // An earlier run of this daemon opened it, and this run holds it in this host's own name.
    const own = memberLeases(lease, this.#membership.identity().self.name);
    for (const id of own) this.#putEnd({ door, source, lease: id, due: lease.due });
  }

  #putEnd(end: Pick<Lease, 'door' | 'source' | 'due'> & { readonly lease: FleetLeaseId }): void {
    const change: PendingChange = { kind: 'close', ...end };
    const [oldest] = this.#ends.keys();
    if (this.#ends.size >= MAX_ENDS && oldest !== undefined) this.#ends.delete(oldest);
    this.#ends.set(end.lease, { at: this.#membership.clock.sinceBoot(), change });
    this.#put(change);
  }

  #isShared(name: string): boolean {
    const door = this.#membership.doors.get(name);
    return door !== undefined && inFleet(door, 'share');
  }

  #put(change: PendingChange): void {
    this.#outbox.put(change);
    this.#onWaiting();
  }
}

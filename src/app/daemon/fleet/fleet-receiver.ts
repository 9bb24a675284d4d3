import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FleetDelivery, StreamId } from '../../../core/control/fleet-link.ts';
import { compileAdmission } from '../../../core/door/admission.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import { inFleet } from '../../../core/door/fleet-right.ts';
import type { EndChange, FleetBody, LeaseChange } from '../../../core/fleet/fleet-record.ts';
import { judgeRecord, restAt } from '../../../core/fleet/judge-record.ts';
import { mayOpen } from '../../../core/fleet/member.ts';
import { byMember, isSame } from '../../../core/lease/holders.ts';
import type { Lease, LeaseEnd } from '../../../core/lease/lease.ts';
import { memberOpens } from '../../../core/lease/open-request.ts';
import { after, type Instant, instant, type Millis, millis, since } from '../../../core/net/time.ts';
import { nodeCiphers } from '../../../host/crypto/node-ciphers.ts';
import { SerialQueue } from '../../../host/serial/serial-queue.ts';
import type { FleetBans } from './fleet-bans.ts';
import type { FleetMemory } from './fleet-memory.ts';
import type { Membership } from './fleet-parts.ts';
import type { FleetRefusals } from './fleet-refusals.ts';
import { fleetWindow } from './fleet-window.ts';
import { leaseIn, memberProof } from './member-proof.ts';
import type { GoodRecord, MemberTimes } from './member-times.ts';

/** Openings processed per turn of the daemon's event loop. */
const AT_ONCE = 64;

/**
 * Records verified per turn of the event loop: about 2 ms, so that a member that sends without end does not delay this
 * host's own knocks.
 */
const VERIFIED_AT_ONCE = 8;

/** What an earlier run of this daemon has left to its carrier reaches the engine by then. */
const EARLIER_RUN_MS = 10_000;

export type FleetReceiverParts = {
  readonly membership: Membership;
  readonly memory: FleetMemory;
  readonly times: MemberTimes;
  readonly bans: FleetBans;
  readonly refusals: FleetRefusals;
  /** Another member's daemon has started: it may have missed what is open here. */
  readonly onStart: () => void;
};

export type Received = { readonly applied: number; readonly refused: number };

/** Applies changes of other members, as far as this host's own files allow. */
export class FleetReceiver {
  readonly #parts: FleetReceiverParts;
  readonly #turns = new SerialQueue();
  readonly #startedAt: Instant;
  #applied = 0;
  #isClosed = false;

  constructor(parts: FleetReceiverParts) {
    this.#parts = parts;
    this.#startedAt = parts.membership.clock.sinceBoot();
  }

  /** Number of changes that had an effect, since the start. */
  get applied(): number {
    return this.#applied;
  }

  /** Processes them in order. Resolves when their leases are open. */
  deliver(records: readonly FleetDelivery[], upTo: StreamId | undefined): Promise<Received> {
    return this.#turns.take(() => this.#deliver(records, upTo));
  }

  /** Records delivered from now on are left to the next start. */
  close(): void {
    this.#isClosed = true;
  }

  async #deliver(records: readonly FleetDelivery[], upTo: StreamId | undefined): Promise<Received> {
    const { memory, refusals } = this.#parts;
    const before = { applied: this.#applied, refused: refusals.count };
    const openings: Promise<void>[] = [];
    for (const [at, delivery] of records.entries()) {
      if (at > 0 && at % VERIFIED_AT_ONCE === 0) await nextTurn();
      if (this.#isClosed) return { applied: 0, refused: 0 };
      const good = this.#judge(delivery);
      if (good !== undefined) await this.#apply(good, delivery.age === undefined, openings);
      if (delivery.id !== undefined) memory.read(delivery.id);
    }
    if (upTo !== undefined) memory.read(upTo);
    await Promise.all(openings);
    memory.flush();
    return { applied: this.#applied - before.applied, refused: refusals.count - before.refused };
  }

  /** A lease has ended here. Its member's repetitions must not open it again. */
  ended(lease: Lease, how: LeaseEnd): void {
    const { membership, memory, times } = this.#parts;
    const { clock } = membership;
    if (how === 'stopped' || how === 'rebooted') return;
    for (const { kind, user, fingerprint } of lease.holders ?? []) {
      if (kind !== 'member') continue;
      const id = leaseIn(fingerprint);
      const left = since(clock.sinceBoot(), times.ends(user, id) ?? clock.sinceBoot());
      if (left > 0) memory.recordEnded(user, id, after(clock.wall(), left));
      times.forget(user, id);
    }
    memory.flush();
  }

  #judge(delivery: FleetDelivery): GoodRecord | undefined {
    const { membership, memory, times, refusals } = this.#parts;
    const { identity, clock, epoch, inForce } = membership;
    const { fleet, self, members, settings } = identity();
    const now = clock.wall();
    const { seen } = memory;
    const judged = judgeRecord(
      {
        ...{ fleet, self, members, seen, epoch, skew: settings.skew },
        window: fleetWindow(inForce.current.doors),
        verify: (key, message, signature) => nodeCiphers.verify(key, message, signature),
      },
      delivery,
      now,
    );
    if (judged.kind === 'refused') {
      const apart =
        judged.apart === undefined ? '' : `, ${Math.round(Math.abs(judged.apart) / 1000)} s apart`;
      refusals.report(judged.why, judged.member, apart);
    }
    if (judged.kind !== 'good') return undefined;
    const { member, number, at, epoch: start } = judged.record;
    if (member === self.name && this.#isOfTwin(delivery)) {
      refusals.report('twin', member);
      return undefined;
    }
    if (delivery.age !== undefined) {
      if (member !== self.name && !seen.knows(member, start)) this.#parts.onStart();
      memory.accept({ member, epoch: start, number, at: instant(Math.max(at, now)) });
      times.heard(judged, now, delivery.age);
    }
    return judged;
  }

  /** A record in this host's name, of another run, that the engine got while this run has been going on. */
  #isOfTwin({ age }: FleetDelivery): boolean {
    const now = this.#parts.membership.clock.sinceBoot();
    return age !== undefined && since(this.#startedAt, now) - age > EARLIER_RUN_MS;
  }

  async #apply(good: GoodRecord, isStored: boolean, openings: Promise<void>[]): Promise<void> {
    const { body } = good.record;
    switch (body.kind) {
      case 'open':
      case 'extend':
      case 'hello':
        for (const change of body.leases) {
          const opening = this.#open(good, body.kind, change);
          if (opening !== undefined) openings.push(opening);
          if (opening !== undefined && openings.length % AT_ONCE === 0) await nextTurn();
        }
        return;
      case 'close':
        for (const end of body.ends) this.#close(good, end);
        return;
      case 'ban':
      case 'unban':
        this.#applied += this.#parts.bans.apply(good, body, isStored);
        return;
      default:
        body satisfies never;
    }
  }

  #open(good: GoodRecord, kind: FleetBody['kind'], change: LeaseChange): Promise<void> | undefined {
    const { membership, memory, times } = this.#parts;
    const { keeper, clock } = membership;
    const { member, age } = good;
    const { lease, source } = change;
    const door = this.#doorFor(good, change);
    if (door === undefined) return undefined;
    const now = clock.sinceBoot();
    const ends = after(now, restAt(change.rest, age));
    const proof = memberProof(member.name, lease);
    const current = keeper.book.current(door.name, source);
    // This host's own lease, from an earlier run of its daemon.
    if (current?.id.startsWith(lease)) return undefined;
    if (kind !== 'hello') memory.clearEnded(member.name, lease);
    else if (memory.hasEnded(member.name, lease, clock.wall())) return undefined;
    const isHeld = current?.state === 'open' && current.holders?.some((one) => isSame(one, proof)) === true;
    const known = times.longest(member.name, lease) ?? (isHeld ? current.due : undefined);
    // A knock opens the door for the door's own time. Repetitions do not extend that.
    const longest =
      kind === 'hello' && known !== undefined ? known : after(now, millis(door.opening.cmdTimeout - age));
    times.recordLease(member.name, lease, { ends, longest });
    const rest = since(now, instant(Math.min(ends, longest)));
    if (rest <= 0 || (kind === 'hello' && isHeld && current.due >= instant(Math.min(ends, longest) - 1000)))
      return undefined;
    return this.#demand(door, change, rest, proof);
  }

  async #demand(
    door: DoorSpec,
    { source }: LeaseChange,
    rest: Millis,
    proof: ReturnType<typeof memberProof>,
  ): Promise<void> {
    const outcome = await this.#parts.membership.keeper.requestOpen(memberOpens(door, source, rest, proof));
    if (outcome.kind === 'opened' || outcome.kind === 'extended') this.#applied += 1;
  }

  #close(good: GoodRecord, end: EndChange): void {
    const { keeper } = this.#parts.membership;
    const { member } = good;
    const door = this.#doorFor(good, end);
    if (door === undefined) return;
    const current = keeper.book.current(door.name, end.source);
    if (end.lease === undefined) {
      this.#applied += current === undefined ? 0 : 1;
      if (current !== undefined) void Promise.all(keeper.close([current], byMember(member.name)));
      return;
    }
    this.#parts.times.forget(member.name, end.lease);
    const proof = memberProof(member.name, end.lease);
    if (current?.holders?.some((one) => isSame(one, proof)) !== true) return;
    keeper.release(current.id, proof);
    this.#applied += 1;
  }

  /** The door that the member may open here, if the source is admitted. */
  #doorFor({ member }: GoodRecord, change: Pick<LeaseChange, 'door' | 'source'>): DoorSpec | undefined {
    const { membership, refusals } = this.#parts;
    const { self } = membership.identity();
    const door = membership.doors.get(change.door);
    const isOpenTo =
      door !== undefined &&
      (member === self ? inFleet(door, 'share') : inFleet(door, 'accept') && mayOpen(member, door.name));
    if (!isOpenTo) {
      // Members may share doors that others do not have.
      if (door !== undefined && inFleet(door, 'accept'))
        refusals.report('door', member.name, `, ${door.name}`);
      return undefined;
    }
    if (compileAdmission(door)(change.source)) return door;
    refusals.report('source', member.name, `, ${door.name} for ${change.source}`);
    return undefined;
  }
}

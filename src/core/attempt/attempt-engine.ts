import { type Door, sameKnocks } from '../door/door.ts';
import { type Instant, instant } from '../net/time.ts';
import { type Packet, packetSource } from '../packet/packet.ts';
import { NO_SLOT, type Slot } from './attempt-row.ts';
import { AttemptTable } from './attempt-table.ts';
import type { SequenceCompletion } from './completion.ts';
import { DoorIndex, OWN_GROUP, stepCode, targetGroup } from './door-index.ts';
import { DEFAULT_LIMITS, type EngineLimits } from './engine-limits.ts';
import { isAwaited } from './is-awaited.ts';
import type { HashKey } from './keyed-hash.ts';
import { nextExpiry } from './next-expiry.ts';
import { OFFER, type Offer, WATCHED, type Watched } from './offer.ts';
import { newestAttempts, type PendingAttempt } from './pending-attempt.ts';
import { pushStep } from './push-step.ts';
import { RecentPackets } from './recent-packets.ts';
import { renumberDoors } from './renumber-doors.ts';
import type { ScanGuard } from './scan-guard.ts';
import { STEP, type StepKind, type Steps } from './steps.ts';

/** What a packet was to the attempts of its source. */
const TAKEN = { byNone: 0, asRepeat: 1, asNext: 2 } as const;

/**
 * Follows every source through the sequences of the doors. An attempt belongs to one source and one door. The right
 * knock advances it; the last right one once more leaves it as it is; any other one, at a port of whatever door, ends
 * it, if it is sent where its door listens and has flags that its door takes. A knock that advances no attempt begins
 * one at each door whose first it is. A guard, if there is one, has the last word on whether a completed sequence
 * counts. Time is the packets' own.
 *
 * Work per packet: one look-up by port, one among the recent packets, one for the source's attempts, and a step for each
 * of those and for each door that has this very port. A source has attempts only at doors that begin with the same port.
 */
export class AttemptEngine {
  #index: DoorIndex;
  readonly #table: AttemptTable;
  readonly #recent: RecentPackets;
  readonly #guard: ScanGuard | undefined;

  constructor(
    doors: readonly Door[],
    key: HashKey,
    limits: EngineLimits = DEFAULT_LIMITS,
    guard?: ScanGuard,
  ) {
    this.#guard = guard;
    this.#index = new DoorIndex(doors);
    this.#table = new AttemptTable(limits.attempts, Math.max(1, doors.length), key);
    this.#recent = new RecentPackets(limits.recentPackets, key);
  }

  /** The doors by number; a gap is a number no door holds. */
  get doors(): readonly (Door | undefined)[] {
    return this.#index.doors;
  }

  /** The attempts' rows, the first used first: for who knows how memory is best laid out. */
  get memory(): Int32Array {
    return this.#table.memory;
  }

  get pending(): number {
    return this.#table.size;
  }

  /** Whether any door has the port. Asked first, it spares a packet that matches nothing all that follows. */
  watches(packet: Packet): Watched {
    if (this.#index.firstEntry(packet.protocol, packet.destinationPort) !== 0) return WATCHED.knockPort;
    return this.#guard?.watches(packet) === true ? WATCHED.decoyPort : WATCHED.nothing;
  }

  /**
   * Takes one packet. `local`: it was sent to an address of this host. `now`: the packet's time in milliseconds.
   * What it brought about stands in `steps`, which is cleared first.
   */
  offer(packet: Packet, local: boolean, now: number, steps: Steps): Offer {
    steps.clear();
    const from = this.#index.firstEntry(packet.protocol, packet.destinationPort);
    // Short, so that the compiler inlines it: a call would put the time of every packet on the heap.
    return from === 0 ? this.#touch(packet, local, now) : this.#take(from, packet, local, now, steps);
  }

  /**
   * Ends attempts whose time is over at `now`, oldest first, at most `limit` of them. Returns whether more are
   * left. Attempts are judged when their knocks arrive in any case; this frees and reports them.
   */
  expire(now: number, limit: number, steps: Steps): boolean {
    steps.clear();
    for (let door = 0; door < this.doors.length; door++) {
      let slot = this.#table.oldest(door);
      while (slot !== NO_SLOT && this.#isLate(slot, door, now)) {
        if (steps.count === limit) return true;
        this.#end(STEP.expired, slot, steps);
        slot = this.#table.oldest(door);
      }
    }
    return false;
  }

  /** The newest attempts that are pending, at most `each` of a door and `limit` in all, door by door. */
  pendingAttempts(each: number, limit: number): Generator<PendingAttempt> {
    return newestAttempts(this.#table, this.doors, each, limit);
  }

  /** When the next attempt runs out of time, if there is one. */
  nextExpiry(): Instant | undefined {
    return nextExpiry(this.#table, this.#index);
  }

  /** Puts other doors in place. Attempts at a door whose knocks stay the same go on; all others are forgotten. */
  replaceDoors(doors: readonly Door[]): void {
    const numbered = renumberDoors(this.doors, doors);
    for (const [number, old] of this.doors.entries()) {
      const current = numbered[number];
      if (old !== undefined && current !== undefined && sameKnocks(old, current)) continue;
      for (let slot = this.#table.oldest(number); slot !== NO_SLOT; slot = this.#table.oldest(number)) {
        this.#table.remove(slot);
      }
    }
    this.#index = new DoorIndex(numbered);
    this.#table.setDoors(numbered.length);
  }

  /** A packet to a port that a door has; `from` is the place of the first one. */
  #take(from: number, packet: Packet, local: boolean, now: number, steps: Steps): Offer {
    // At none of the doors that listen may a copy be ignored for longer.
    const memory = this.#index.shortestTimeout(from, packet, local);
    if (memory === Number.POSITIVE_INFINITY) return OFFER.ignored;
    if (this.#recent.offer(packet, now, memory)) {
      if (!isAwaited(this.#table, this.#index, packet, local, now, this.#recent.age(now)))
        return OFFER.retransmission;
      this.#recent.count(now);
    }
    let taken: number = TAKEN.byNone;
    if (local) taken = this.#lead(OWN_GROUP, packet, local, now, steps);
    if (this.#index.isTarget(packet)) {
      taken = Math.max(taken, this.#lead(targetGroup(packet), packet, local, now, steps));
    }
    if (taken === TAKEN.byNone) this.#begin(from, packet, local, now, steps);
    return taken === TAKEN.asRepeat && steps.count === 0 ? OFFER.repeat : OFFER.knock;
  }

  #touch(packet: Packet, local: boolean, now: number): Offer {
    const guard = this.#guard;
    if (guard === undefined || !guard.watches(packet)) return OFFER.ignored;
    if (!local && !(guard.watchesElsewhere(packet) && this.#index.isTarget(packet))) return OFFER.ignored;
    return guard.touch(packet, now) ? OFFER.penalty : OFFER.ignored;
  }

  /** Shows the packet to the attempts of its source in one group. Returns one of `TAKEN`. */
  #lead(group: number, packet: Packet, local: boolean, now: number, steps: Steps): number {
    const { family, source0, source1, source2, source3 } = packet;
    let taken: number = TAKEN.byNone;
    let slot = this.#table.first(group, family, source0, source1, source2, source3);
    while (slot !== NO_SLOT) {
      const next = this.#table.next(slot);
      const door = this.#table.door(slot);
      // Of two groups in one bucket, each has its turn.
      if (this.#index.group(door) === group && this.#index.concerns(door, packet, local)) {
        taken = Math.max(taken, this.#judge(slot, door, packet, now, steps));
      }
      slot = next;
    }
    return taken;
  }

  #judge(slot: Slot, door: number, packet: Packet, now: number, steps: Steps): number {
    const code = stepCode(packet.protocol, packet.destinationPort);
    const stage = this.#table.stage(slot);
    if (this.#isLate(slot, door, now)) {
      this.#end(STEP.expired, slot, steps);
      return TAKEN.byNone;
    }
    if (this.#index.expected(door, stage) === code) {
      this.#advance(slot, door, packet, now, steps);
      return TAKEN.asNext;
    }
    if (this.#index.expected(door, stage - 1) === code) {
      // Who begins again after the first knock has the whole time again.
      if (stage === 1) this.#table.restart(slot, now);
      return TAKEN.asRepeat;
    }
    this.#end(STEP.failed, slot, steps);
    return TAKEN.byNone;
  }

  /** At the doors from a place of the index on whose first knock it is. No attempt of the source has taken the packet. */
  #begin(from: number, packet: Packet, local: boolean, now: number, steps: Steps): void {
    const { family, source0, source1, source2, source3 } = packet;
    const code = stepCode(packet.protocol, packet.destinationPort);
    // The last attempt that was begun of the doors without a target, and of those with one.
    let own = NO_SLOT;
    let target = NO_SLOT;
    for (let at = from, door = this.#index.entry(at); door >= 0; door = this.#index.entry(++at)) {
      if (this.#index.expected(door, 0) !== code || !this.#index.concerns(door, packet, local)) continue;
      if (this.#index.length(door) === 1) {
        steps.push(STEP.advanced, door, 1, family, source0, source1, source2, source3);
        this.#complete(door, packet, now, now, steps);
        continue;
      }
      const evicted = this.#makeRoom(steps);
      // Its row is reused, maybe in the other group: no attempt may be chained behind it.
      if (evicted === own) own = NO_SLOT;
      if (evicted === target) target = NO_SLOT;
      const group = this.#index.group(door);
      const after = group === OWN_GROUP ? own : target;
      const slot = this.#table.add(group, after, door, family, source0, source1, source2, source3, now);
      pushStep(steps, STEP.advanced, this.#table, slot);
      if (group === OWN_GROUP) own = slot;
      else target = slot;
    }
  }

  /** Evicts an attempt if the table is full. Returns the row that it had. */
  #makeRoom(steps: Steps): Slot {
    if (this.#table.size < this.#table.capacity) return NO_SLOT;
    const victim = this.#table.victim();
    this.#end(STEP.evicted, victim, steps);
    return victim;
  }

  #advance(slot: Slot, door: number, packet: Packet, now: number, steps: Steps): void {
    const stage = this.#table.advance(slot);
    pushStep(steps, STEP.advanced, this.#table, slot);
    if (stage < this.#index.length(door)) return;
    const start = this.#table.start(slot);
    this.#table.remove(slot);
    this.#complete(door, packet, start, now, steps);
  }

  #complete(number: number, packet: Packet, start: number, now: number, steps: Steps): void {
    const door = this.doors[number];
    if (door === undefined) throw new Error(`door number ${number} is a gap and cannot be completed`);
    const { family, source0, source1, source2, source3 } = packet;
    const counts = this.#guard?.admits(number, packet, start, now, door.seqTimeout) !== false;
    const kind = counts ? STEP.completed : STEP.withheld;
    steps.push(kind, number, door.sequence.length, family, source0, source1, source2, source3);
    if (!counts) return;
    steps.complete({ door, source: packetSource(packet), at: instant(now) } as SequenceCompletion);
  }

  #end(kind: StepKind, slot: Slot, steps: Steps): void {
    pushStep(steps, kind, this.#table, slot);
    this.#table.remove(slot);
  }

  /** A packet from before the first knock counts too: clocks jump, and the cores of a host see packets out of order. */
  #isLate(slot: Slot, door: number, now: number): boolean {
    return Math.abs(now - this.#table.start(slot)) > this.#index.timeout(door);
  }
}

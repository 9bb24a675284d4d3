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

/** How the attempts of its source used a packet. */
const TAKEN = { byNone: 0, asRepeat: 1, asNext: 2 } as const;

/**
 * Follows every source through the doors' sequences. An attempt belongs to one source and one door. The right knock
 * advances it. A repeat of the last right knock changes nothing. Any other packet to a port of any door ends it, if the
 * door's address and flags match. A knock that advances no attempt starts one at each door that begins with it. The
 * scan guard, if any, decides last whether a completed sequence counts. All times are packet times.
 *
 * Work per packet: one look-up by port, one among recent packets, one for the source's attempts, and a step for each of
 * these and for each door with this port. A source only has attempts at doors that begin with the same port.
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

  /** The doors by number. Unused numbers are gaps. */
  get doors(): readonly (Door | undefined)[] {
    return this.#index.doors;
  }

  /** The attempts' rows, the first used first, so that the caller can choose their memory pages. */
  get memory(): Int32Array {
    return this.#table.memory;
  }

  get pending(): number {
    return this.#table.size;
  }

  /** Whether any door has the port. Called first, because most packets match nothing. */
  watches(packet: Packet): Watched {
    if (this.#index.firstEntry(packet.protocol, packet.destinationPort) !== 0) return WATCHED.knockPort;
    return this.#guard?.watches(packet) === true ? WATCHED.decoyPort : WATCHED.nothing;
  }

  /**
   * Processes a packet. `local`: it was sent to an address of this host. `now`: packet time in ms. The results are in
   * `steps`, which is cleared first.
   */
  offer(packet: Packet, local: boolean, now: number, steps: Steps): Offer {
    steps.clear();
    const from = this.#index.firstEntry(packet.protocol, packet.destinationPort);
    // Kept short, so that the compiler inlines it: a call would allocate the time of every packet on the heap.
    return from === 0 ? this.#touch(packet, local, now) : this.#take(from, packet, local, now, steps);
  }

  /**
   * Ends attempts that have timed out at `now`, oldest first, at most `limit`. Returns whether more are left. Late
   * knocks are rejected anyway; this frees and reports the attempts.
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

  /** The newest pending attempts, at most `each` per door and `limit` in all, door by door. */
  pendingAttempts(each: number, limit: number): Generator<PendingAttempt> {
    return newestAttempts(this.#table, this.doors, each, limit);
  }

  /** When the next attempt times out, if there is one. */
  nextExpiry(): Instant | undefined {
    return nextExpiry(this.#table, this.#index);
  }

  /** Replaces the doors. Attempts at doors with unchanged knocks continue; all others are dropped. */
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

  /** A packet to a port of a door; `from`: the index place of the first such door. */
  #take(from: number, packet: Packet, local: boolean, now: number, steps: Steps): Offer {
    // Copies are ignored no longer than the shortest timeout of the doors that listen.
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

  /** Offers the packet to the source's attempts of one group. Returns one of `TAKEN`. */
  #lead(group: number, packet: Packet, local: boolean, now: number, steps: Steps): number {
    const { family, source0, source1, source2, source3 } = packet;
    let taken: number = TAKEN.byNone;
    let slot = this.#table.first(group, family, source0, source1, source2, source3);
    while (slot !== NO_SLOT) {
      const next = this.#table.next(slot);
      const door = this.#table.door(slot);
      // Two groups may share a bucket; each gets its turn.
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
      // A repeated first knock restarts the full time.
      if (stage === 1) this.#table.restart(slot, now);
      return TAKEN.asRepeat;
    }
    this.#end(STEP.failed, slot, steps);
    return TAKEN.byNone;
  }

  /** Starts attempts at doors whose first knock this is. No attempt of the source has used the packet. */
  #begin(from: number, packet: Packet, local: boolean, now: number, steps: Steps): void {
    const { family, source0, source1, source2, source3 } = packet;
    const code = stepCode(packet.protocol, packet.destinationPort);
    // The last attempt started at doors without a target, and with one.
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
      // Its row is reused, perhaps in the other group, so no attempt may be linked after it.
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

  /** Evicts an attempt if the table is full. Returns its row. */
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

  /** A packet with a time before the first knock counts: clocks jump, and CPUs may deliver packets out of order. */
  #isLate(slot: Slot, door: number, now: number): boolean {
    return Math.abs(now - this.#table.start(slot)) > this.#index.timeout(door);
  }
}

import { type Door, sameKnocks } from '../door/door.ts';
import { renderAddress } from '../net/address.ts';
import { type Instant, instant } from '../net/time.ts';
import { type Packet, packetSource } from '../packet/packet.ts';
import { AttemptTable, NO_SLOT, type Slot } from './attempt-table.ts';
import type { Completion } from './completion.ts';
import { DoorIndex, stepCode } from './door-index.ts';
import type { HashKey } from './keyed-hash.ts';
import type { PendingAttempt } from './pending-attempt.ts';
import { RecentPackets } from './recent-packets.ts';
import type { ScanGuard } from './scan-guard.ts';
import { STEP, type StepKind, type Steps } from './steps.ts';

/** What became of a packet as a whole. */
export const OFFER = {
  /** No door has the port, or none that has it listens to such a packet. */
  ignored: 0,
  /** Seen before: a retransmission, or a second look at the same packet. */
  retransmission: 1,
  /** A knock at one door at least. */
  knock: 2,
  /** No knock: it touched a tripwire, and its source is under suspicion since then. */
  suspicion: 3,
} as const;

export type Offer = (typeof OFFER)[keyof typeof OFFER];

/** Where a packet is sent to. */
export const WATCHED = { nothing: 0, knockPort: 1, tripwire: 2 } as const;

export type Watched = (typeof WATCHED)[keyof typeof WATCHED];

export type EngineLimits = {
  /** Attempts pending at one time. */
  readonly attempts: number;
  /** Packets remembered to tell retransmissions. */
  readonly recentPackets: number;
};

/** At most 44 MiB of attempts and 2 MiB of packets; resident only as far as they are used. */
export const DEFAULT_LIMITS: EngineLimits = { attempts: 1_048_576, recentPackets: 262_144 };

/** Door numbers stand in 16 bits of an attempt's row. */
export const MAX_DOORS = 65_535;

/**
 * Follows every source through the sequences of the doors. An attempt belongs to one source and one door and is
 * independent of all others. The right knock advances it; another one at a port of its door discards it, and
 * starts it again where it is the door's first. A guard, if there is one, has the last word on whether a completed
 * sequence counts. Time is the packets' own.
 *
 * Work per packet: one look-up by port, one among the recent packets, one attempt for each door that has this very
 * port. It grows neither with the attempts nor with the doors nor with their ports.
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
    return this.#guard?.watches(packet) === true ? WATCHED.tripwire : WATCHED.nothing;
  }

  /**
   * Takes one packet. `local`: it was sent to an address of this host. `now`: the packet's time in milliseconds.
   * What it brought about stands in `steps`, which is cleared first.
   */
  offer(packet: Packet, local: boolean, now: number, steps: Steps): Offer {
    steps.clear();
    let at = this.#index.firstEntry(packet.protocol, packet.destinationPort);
    if (at === 0) return this.#touch(packet, local, now);
    let offer: Offer = OFFER.ignored;
    for (let door = this.#index.entry(at); door >= 0; door = this.#index.entry(++at)) {
      if (!this.#index.concerns(door, packet, local)) continue;
      if (offer === OFFER.ignored) {
        if (this.#recent.offer(packet, now)) return OFFER.retransmission;
        offer = OFFER.knock;
      }
      this.#knock(door, packet, now, steps);
    }
    return offer;
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
  *pendingAttempts(each: number, limit: number): Generator<PendingAttempt> {
    let left = limit;
    for (const [number, door] of this.doors.entries()) {
      let slot = door === undefined ? NO_SLOT : this.#table.newest(number);
      for (let count = 0; door !== undefined && slot !== NO_SLOT && count < each; count++) {
        if (left-- <= 0) return;
        yield this.#pending(slot, door);
        slot = this.#table.older(slot);
      }
    }
  }

  #pending(slot: Slot, door: Door): PendingAttempt {
    const table = this.#table;
    const words = [0, 1, 2, 3].map((index) => table.sourceWord(slot, index as 0 | 1 | 2 | 3));
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
    return {
      source: renderAddress(table.family(slot), w0, w1, w2, w3),
      door: door.name,
      stage: table.stage(slot),
      stages: door.sequence.length,
      since: instant(table.start(slot)),
    };
  }

  /** When the next attempt runs out of time, if there is one. */
  nextExpiry(): Instant | undefined {
    // Asked after every batch of packets, which must not cost a look at each door.
    if (this.pending === 0) return undefined;
    let next = Number.POSITIVE_INFINITY;
    for (let door = 0; door < this.doors.length; door++) {
      const slot = this.#table.oldest(door);
      if (slot !== NO_SLOT) next = Math.min(next, this.#table.start(slot) + this.#index.timeout(door));
    }
    return next === Number.POSITIVE_INFINITY ? undefined : instant(next);
  }

  /** Puts other doors in place. Attempts at a door whose knocks stay the same go on; all others are forgotten. */
  replaceDoors(doors: readonly Door[]): void {
    const numbered = renumber(this.doors, doors);
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

  #touch(packet: Packet, local: boolean, now: number): Offer {
    const guard = this.#guard;
    if (guard === undefined || !guard.watches(packet)) return OFFER.ignored;
    if (!local && !(guard.watchesElsewhere(packet) && this.#index.isTarget(packet))) return OFFER.ignored;
    return guard.touch(packet, now) ? OFFER.suspicion : OFFER.ignored;
  }

  #knock(door: number, packet: Packet, now: number, steps: Steps): void {
    const { family, source0, source1, source2, source3 } = packet;
    const code = stepCode(packet.protocol, packet.destinationPort);
    const isFirst = this.#index.expected(door, 0) === code;
    let slot = this.#table.find(door, family, source0, source1, source2, source3);
    if (slot !== NO_SLOT && this.#isLate(slot, door, now)) {
      this.#end(STEP.expired, slot, steps);
      slot = NO_SLOT;
    }
    if (slot === NO_SLOT) {
      if (isFirst) this.#begin(door, packet, now, steps);
    } else if (this.#index.expected(door, this.#table.stage(slot)) === code) {
      this.#advance(slot, door, packet, now, steps);
    } else if (isFirst) {
      this.#report(STEP.failed, slot, steps);
      this.#table.restart(slot, now);
      this.#report(STEP.advanced, slot, steps);
    } else {
      this.#end(STEP.failed, slot, steps);
    }
  }

  #begin(door: number, packet: Packet, now: number, steps: Steps): void {
    const { family, source0, source1, source2, source3 } = packet;
    if (this.#index.length(door) === 1) {
      steps.push(STEP.advanced, door, 1, family, source0, source1, source2, source3);
      this.#complete(door, packet, now, now, steps);
      return;
    }
    if (this.#table.full) this.#end(STEP.evicted, this.#table.victim(), steps);
    const slot = this.#table.add(door, family, source0, source1, source2, source3, now);
    this.#report(STEP.advanced, slot, steps);
  }

  #advance(slot: Slot, door: number, packet: Packet, now: number, steps: Steps): void {
    const stage = this.#table.advance(slot);
    this.#report(STEP.advanced, slot, steps);
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
    steps.complete({ door, source: packetSource(packet), at: instant(now) } as Completion);
  }

  #end(kind: StepKind, slot: Slot, steps: Steps): void {
    this.#report(kind, slot, steps);
    this.#table.remove(slot);
  }

  #report(kind: StepKind, slot: Slot, steps: Steps): void {
    const table = this.#table;
    steps.push(
      kind,
      table.door(slot),
      table.stage(slot),
      table.family(slot),
      table.sourceWord(slot, 0),
      table.sourceWord(slot, 1),
      table.sourceWord(slot, 2),
      table.sourceWord(slot, 3),
    );
  }

  /** A packet from before the first knock counts too: clocks jump, and the cores of a host see packets out of order. */
  #isLate(slot: Slot, door: number, now: number): boolean {
    return Math.abs(now - this.#table.start(slot)) > this.#index.timeout(door);
  }
}

/** The new doors by number: one whose knocks stay the same keeps its number, the others take what is free. */
function renumber(before: readonly (Door | undefined)[], doors: readonly Door[]): (Door | undefined)[] {
  const numbered: (Door | undefined)[] = [];
  const byName = new Map(before.flatMap((door, number) => (door === undefined ? [] : [[door.name, number]])));
  const others: Door[] = [];
  for (const door of doors) {
    const number = byName.get(door.name);
    const old = number === undefined ? undefined : before[number];
    if (number !== undefined && old !== undefined && sameKnocks(old, door)) numbered[number] = door;
    else others.push(door);
  }
  let free = 0;
  for (const door of others) {
    while (numbered[free] !== undefined) free++;
    numbered[free] = door;
  }
  return Array.from(numbered);
}

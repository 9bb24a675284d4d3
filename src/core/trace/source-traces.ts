import type { HashKey } from '../attempt/keyed-hash.ts';
import { OFFER, type Offer } from '../attempt/offer.ts';
import type { Steps } from '../attempt/steps.ts';
import type { Door } from '../door/door.ts';
import { type Address, addressWords, familyOf, renderAddress } from '../net/address.ts';
import { type Instant, instant } from '../net/time.ts';
import type { Packet } from '../packet/packet.ts';
import type { LeaseNote } from './lease-note.ts';
import { isRefusedProof, REFUSED_PROOFS } from './refused-proof.ts';
import { TRACE_KINDS, TRACED, type TraceEntry, type TraceKind } from './trace-entry.ts';
import { TraceReasons } from './trace-reasons.ts';
import { NO_ROW, type Row, TraceRings, WORD } from './trace-rings.ts';
import {
  code,
  DETAIL_MASK,
  DETAIL_SHIFT,
  DOOR_SHIFT,
  isOf,
  KIND_MASK,
  KIND_SHIFT,
  LIST_SHIFT,
  LISTS,
  NO_DOOR,
  place,
  STAGE_MASK,
  UDP,
} from './trace-word.ts';
import { TracedDoors } from './traced-doors.ts';

/** Sources remembered: 2.1 MiB, resident only as far as used. */
export const TRACED_SOURCES = 4096;

/** Steps of one packet that are remembered. Thousands of doors may share a port. */
const MAX_STEPS = 8;

const WITH_REASON: ReadonlySet<TraceKind> = new Set(['refused', 'start-failed', ...REFUSED_PROOFS]);

/**
 * Remembers the recent packets of each source and their results, to explain later why a door did not open. Equal
 * packets in a row share a record. No allocation per packet. BOUNDED: as `TraceRings`; the doors of the last 16
 * configurations; 63 reasons, others are not kept.
 */
export class SourceTraces {
  readonly #rings: TraceRings;
  /** The recent lists by number; `#list` is the current one. */
  readonly #lists: TracedDoors[];
  #list = 0;
  readonly #reasons = new TraceReasons();

  /** `others`: names of doors that the engine does not have. */
  constructor(
    capacity: number,
    key: HashKey,
    doors: readonly (Door | undefined)[],
    others: readonly string[] = [],
  ) {
    this.#rings = new TraceRings(capacity, key);
    this.#lists = new Array<TracedDoors>(LISTS).fill(new TracedDoors([], []));
    this.#lists[0] = new TracedDoors(doors, others);
  }

  /** Sources dropped, or not remembered, for lack of room. */
  get displaced(): number {
    return this.#rings.displaced;
  }

  /** The doors have changed. `others`: names of those that the engine does not have. */
  replaceDoors(doors: readonly (Door | undefined)[], others: readonly string[]): void {
    this.#list = (this.#list + 1) % LISTS;
    this.#lists[this.#list] = new TracedDoors(doors, others);
  }

  /**
   * Records the engine's result for a watched packet. `local`: it was sent to an address of this host. `knockPort`: to
   * a port of a door. `delivered`: the link layer delivered it to this host; otherwise it is recorded only for known
   * sources.
   */
  add(
    packet: Packet,
    offer: Offer,
    steps: Steps,
    local: boolean,
    knockPort: boolean,
    now: number,
    delivered = local,
  ): void {
    if (offer === OFFER.knock && steps.count > 0) this.#addSteps(packet, steps, now);
    else if (offer === OFFER.knock) this.#add(packet, TRACED.stray, 0, now);
    else if (offer === OFFER.retransmission) this.#add(packet, TRACED.retransmission, 0, now);
    else if (offer === OFFER.repeat) this.#add(packet, TRACED.repeat, 0, now);
    else if (offer === OFFER.penalty) this.#add(packet, TRACED.suspicion, 0, now);
    else if (!knockPort) {
      if (local) this.#add(packet, TRACED.tripwire, 0, now);
    } else if (local) this.#add(packet, TRACED.flags, packet.flags, now);
    else if (delivered || this.#find(packet) !== NO_ROW) this.#add(packet, TRACED.elsewhere, 0, now);
  }

  /** The packet was not examined further: its source is banned. */
  addBanned(packet: Packet, now: number): void {
    this.#add(packet, TRACED.banned, 0, now);
  }

  /** The packet was not examined further: it is not a knock, whatever its port. */
  addRejected(packet: Packet, kind: typeof TRACED.forged | typeof TRACED.otherVlan, now: number): void {
    this.#add(packet, kind, 0, now);
  }

  /** Half of a code that completes none, or a wrong code. */
  addCode(packet: Packet, kind: 'code-half' | 'code-wrong', now: number): void {
    this.#add(packet, TRACED[kind], 0, now);
  }

  /** Attempts that timed out. They do not add sources that are not remembered. */
  addExpired(steps: Steps, now: number): void {
    for (let i = 0; i < steps.count; i++) {
      const row = this.#rings.find(
        steps.family(i),
        steps.word(i, 0),
        steps.word(i, 1),
        steps.word(i, 2),
        steps.word(i, 3),
      );
      if (row !== NO_ROW) this.#write(row, steps.kind(i), 0, steps.door(i), steps.stage(i), now);
    }
  }

  /** The result of a completion. */
  addLeaseNote({ kind, source, door, reason, shortReason, why }: LeaseNote, now: number): void {
    const number = this.#doors.numberOf(door);
    const isProof = isRefusedProof(kind);
    const rank = isProof ? 0 : (this.#doors.door(number)?.sequence.length ?? 1);
    const row = this.#rowOf(source, rank, now);
    const detail = reason === undefined ? 0 : this.#reasons.number(reason, shortReason, why);
    const what = (TRACED[kind] << KIND_SHIFT) | (this.#list << LIST_SHIFT) | (detail << DETAIL_SHIFT);
    if (row !== NO_ROW) this.#rings.write(row, now | 0, what, place(number, 0), isProof);
  }

  /** Keeps a source in any flood. Returns whether there is room for it. */
  follow(source: Address, now: number): boolean {
    const row = this.#rowOf(source, STAGE_MASK, now);
    if (row !== NO_ROW) this.#rings.setFollowed(row, true);
    return row !== NO_ROW;
  }

  unfollow(source: Address): void {
    const [w0, w1, w2, w3] = addressWords(source);
    const row = this.#rings.find(familyOf(source), w0, w1, w2, w3);
    if (row !== NO_ROW) this.#rings.setFollowed(row, false);
  }

  /** The remembered sources, last seen first. */
  *latest(now: Instant): Generator<{ readonly source: Address; readonly at: Instant }> {
    const rings = this.#rings;
    for (const row of rings.latest(now)) {
      const [w0, w1, w2, w3] = ([0, 1, 2, 3] as const).map((word) => rings.sourceWord(row, word));
      const source = renderAddress(rings.family(row), w0 ?? 0, w1 ?? 0, w2 ?? 0, w3 ?? 0);
      yield { source, at: instant(now - Math.max(0, rings.age(row, now))) };
    }
  }

  /** The remembered entries of a source, in order. `now`: soon after the last one. */
  read(source: Address, now: Instant): TraceEntry[] {
    const [w0, w1, w2, w3] = addressWords(source);
    const row = this.#rings.find(familyOf(source), w0, w1, w2, w3);
    if (row === NO_ROW) return [];
    return Array.from({ length: this.#rings.count(row) }, (_, index) => this.#entry(row, index, now));
  }

  #addSteps(packet: Packet, steps: Steps, now: number): void {
    let stage = 0;
    for (let i = 0; i < steps.count; i++) stage = Math.max(stage, steps.stage(i));
    const row = this.#claim(packet, stage, now);
    const port = code(packet);
    let left = MAX_STEPS;
    for (let i = 0; i < steps.count; i++) {
      const kind = steps.kind(i);
      if (kind === TRACED.evicted && !isOf(packet, steps, i)) this.#addEvicted(steps, i, now);
      else if (row !== NO_ROW && left-- > 0) this.#write(row, kind, port, steps.door(i), steps.stage(i), now);
    }
  }

  /** The evicted attempt belongs to another source. */
  #addEvicted(steps: Steps, i: number, now: number): void {
    const row = this.#rings.find(
      steps.family(i),
      steps.word(i, 0),
      steps.word(i, 1),
      steps.word(i, 2),
      steps.word(i, 3),
    );
    if (row !== NO_ROW) this.#write(row, TRACED.evicted, 0, steps.door(i), steps.stage(i), now);
  }

  #add(packet: Packet, kind: number, detail: number, now: number): void {
    const row = this.#claim(packet, 0, now);
    if (row === NO_ROW) return;
    const what = code(packet) | (kind << KIND_SHIFT) | (this.#list << LIST_SHIFT) | (detail << DETAIL_SHIFT);
    this.#rings.write(row, now | 0, what, NO_DOOR << DOOR_SHIFT, true);
  }

  #write(row: Row, kind: number, port: number, door: number, stage: number, now: number): void {
    const what = port | (kind << KIND_SHIFT) | (this.#list << LIST_SHIFT);
    this.#rings.write(row, now | 0, what, place(door, stage), false);
  }

  #claim({ family, source0, source1, source2, source3 }: Packet, rank: number, now: number): Row {
    return this.#rings.claim(family, source0, source1, source2, source3, rank, now);
  }

  #find({ family, source0, source1, source2, source3 }: Packet): Row {
    return this.#rings.find(family, source0, source1, source2, source3);
  }

  #rowOf(source: Address, rank: number, now: number): Row {
    const [w0, w1, w2, w3] = addressWords(source);
    return this.#rings.claim(familyOf(source), w0, w1, w2, w3, rank, now);
  }

  get #doors(): TracedDoors {
    return this.#lists[this.#list] as TracedDoors;
  }

  #entry(row: Row, index: number, now: Instant): TraceEntry {
    const rings = this.#rings;
    const what = rings.word(row, index, WORD.what);
    const where = rings.word(row, index, WORD.where);
    const kind = TRACE_KINDS.get((what >>> KIND_SHIFT) & KIND_MASK) as TraceKind;
    const at = instant(now - (((now | 0) - rings.word(row, index, WORD.time)) | 0));
    const { count, lapse } = rings.again(row, index);
    const doors = this.#lists[(what >>> LIST_SHIFT) & (LISTS - 1)] as TracedDoors;
    const door = doors.door(where >>> DOOR_SHIFT);
    const otherDoor = doors.otherName(where >>> DOOR_SHIFT);
    const port = what & 0xffff;
    const detail = (what >>> DETAIL_SHIFT) & DETAIL_MASK;
    return {
      kind,
      at,
      count,
      lastAt: instant(at + lapse),
      stage: where & STAGE_MASK,
      ...(port === 0 ? {} : { knock: { protocol: (what & UDP) === 0 ? 'tcp' : 'udp', port } }),
      ...(door === undefined ? {} : { door }),
      ...(otherDoor === undefined ? {} : { otherDoor }),
      ...(kind === 'flags' ? { flags: detail } : {}),
      ...(WITH_REASON.has(kind) ? this.#reasons.reason(detail) : {}),
    };
  }
}

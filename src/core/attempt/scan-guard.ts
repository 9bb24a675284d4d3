import type { DecoyPorts } from '../decoy/decoy-ports.ts';
import { type Instant, instant } from '../net/time.ts';
import type { Packet } from '../packet/packet.ts';
import { type HashKey, keyedHash } from './keyed-hash.ts';

const WAYS = 4;
/** The words of a place: 64 bytes, a cache line, make a set. */
const PLACE = 4;
const FINGERPRINT = 0;
/** When the source last touched a decoy port, in ms modulo 2^32; 0: an empty place. */
const TOUCHED = 1;
/**
 * In the lower half the number plus one of the door whose sequence it has knocked since. In the upper one the port of
 * the only decoy port that it touched; 0 once it has touched two, and is in penalty.
 */
const KNOCKED_DOOR = 2;
const KNOCKED_AT = 3;
const PORT_SHIFT = 16;
const DOOR_MASK = 0xffff;
const PORT_MASK = 0xffff;

const SET_WORD = 0x5ca4;
const FINGERPRINT_WORD = 0xf146;
const CODE_WORD = 0xc0de;

/** A source in the words of a packet. */
export type GuardedSource = Pick<Packet, 'family' | 'source0' | 'source1' | 'source2' | 'source3'>;

export type ScanPolicy = {
  /** Absent where only codes are guarded: then every sequence counts. */
  readonly decoys?: DecoyPorts;
  /** How long a touch is remembered, in ms. */
  readonly penalty: number;
  /** The same for codes. Wrong codes are counted whatever the operator thinks of decoy ports. */
  readonly codePenalty?: number;
};

/** Sources remembered: 4 MiB, resident only as far as they are used. */
export const MAX_PENALTIES = 262_144;

/**
 * Knows the sources that have lately touched a decoy port, and judges completed sequences by it. A touch between the
 * first and the last knock undoes them. One port touched may be a mistake; after two, the source is in penalty,
 * and a sequence must be knocked twice in a row, with no touch from the first knock to the last: that a scan does
 * not come by, and a stranger who touches decoy ports in a knocker's name cannot keep the knocker out with it.
 *
 * BOUNDED: by `capacity` places of 16 bytes, found by a keyed hash. Where all four of a set are taken by suspects,
 * one drawn by chance is forgotten. Two sources are taken for each other once in 2^32 pairs of a set.
 */
export class ScanGuard {
  #policy: ScanPolicy | undefined;
  readonly #places: Int32Array;
  readonly #setMask: number;
  readonly #key: HashKey;
  #random: number;
  #touches = 0;

  constructor(capacity: number, key: HashKey) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.#places = new Int32Array(sets * WAYS * PLACE);
    this.#setMask = sets - 1;
    this.#key = key;
    this.#random = key[0] ^ Math.imul(key[1], 0x9e3779b1) || 1;
  }

  /** From now on by these rules; without any, every sequence counts. Suspects stay. */
  follow(policy: ScanPolicy | undefined): void {
    this.#policy = policy;
  }

  /** Whether there may be a decoy port where the packet is sent to. */
  watches(packet: Packet): boolean {
    return this.#policy?.decoys?.touchedBy(packet.protocol, packet.destinationPort, packet.flags) === true;
  }

  /** Whether there is one at the neighbours of knock ports: of hosts that doors watch, no other port is known. */
  watchesElsewhere(packet: Packet): boolean {
    return this.#policy?.decoys?.isNear(packet.destinationPort) === true;
  }

  /** Decoy ports touched since the start. */
  get touches(): number {
    return this.#touches;
  }

  /** Sources in penalty at `now`. Looks at every place: a few milliseconds. */
  countPenalties(now: number): number {
    const penalty = this.#policy?.penalty ?? 0;
    const places = this.#places;
    let count = 0;
    for (let at = 0; at < places.length; at += PLACE) {
      const touched = places[at + TOUCHED] as number;
      if (touched === 0 || age(touched, now) > penalty) continue;
      if ((places[at + KNOCKED_DOOR] as number) >>> PORT_SHIFT === 0) count += 1;
    }
    return count;
  }

  /** Until when the source is in penalty, on the clock of `now`; `undefined` if it is not. */
  penaltyUntil(source: GuardedSource, now: Instant): Instant | undefined {
    const at = this.#find(this.#set(source), this.#fingerprint(source));
    if (at < 0 || (this.#places[at + KNOCKED_DOOR] as number) >>> PORT_SHIFT !== 0) return undefined;
    const left = (this.#policy?.penalty ?? 0) - age(this.#places[at + TOUCHED] as number, now);
    return left < 0 ? undefined : instant(now + left);
  }

  /**
   * The last touch of the source that may still matter: how long ago, in ms, and which port, 0 if it is in penalty.
   * Ports of codes are marks as well.
   */
  lastTouch(source: GuardedSource, now: number): { readonly age: number; readonly mark: number } | undefined {
    const at = this.#find(this.#set(source), this.#fingerprint(source));
    if (at < 0) return undefined;
    const since = (stamp(now) - (this.#places[at + TOUCHED] as number)) | 0;
    if (Math.abs(since) > this.#memory) return undefined;
    return { age: since, mark: (this.#places[at + KNOCKED_DOOR] as number) >>> PORT_SHIFT };
  }

  /** What the source has touched is forgotten. Whether there was anything. */
  endPenalty(source: GuardedSource): boolean {
    const at = this.#find(this.#set(source), this.#fingerprint(source));
    if (at < 0) return false;
    this.#places[at + TOUCHED] = 0;
    return true;
  }

  /** Notes that the packet's source has touched a decoy port. Returns whether it is in penalty only since then. */
  touch(packet: Packet, now: number): boolean {
    return this.#touch(packet, packet.destinationPort, now);
  }

  /** A wrong code is a touch, and another one of the same source is another port. The same once more is not. */
  touchByCode(packet: Packet, code: number, now: number): boolean {
    const mark = keyedHash(this.#key, code, CODE_WORD, 0, 0, 0, 0) & PORT_MASK;
    return this.#touch(packet, mark || 1, now);
  }

  /** Whether the source has touched anything since `time`, and no longer ago than codes are guarded for. */
  hasTouchedSince(source: GuardedSource, time: number, now: number): boolean {
    const at = this.#find(this.#set(source), this.#fingerprint(source));
    if (at < 0) return false;
    const touched = this.#places[at + TOUCHED] as number;
    return age(touched, now) <= this.#memory && ((touched - stamp(time)) | 0) >= 0;
  }

  /** Whether one right code is not enough for the source. */
  isInCodePenalty(source: GuardedSource, now: number): boolean {
    const at = this.#find(this.#set(source), this.#fingerprint(source));
    if (at < 0 || (this.#places[at + KNOCKED_DOOR] as number) >>> PORT_SHIFT !== 0) return false;
    return age(this.#places[at + TOUCHED] as number, now) <= this.#memory;
  }

  /** How long a touch may matter, in ms. */
  get #memory(): number {
    return Math.max(this.#policy?.penalty ?? 0, this.#policy?.codePenalty ?? 0);
  }

  /** `mark`: what it has touched, of 16 bits and not 0. */
  #touch(packet: Packet, mark: number, now: number): boolean {
    this.#touches += 1;
    const penalty = this.#memory;
    const places = this.#places;
    const first = this.#set(packet);
    const fingerprint = this.#fingerprint(packet);
    let at = this.#find(first, fingerprint);
    const isFirst = at < 0 || age(places[at + TOUCHED] as number, now) > penalty;
    const before = isFirst ? mark : (places[at + KNOCKED_DOOR] as number) >>> PORT_SHIFT;
    const port = before === mark ? before : 0;
    if (at < 0) at = this.#room(first, now, penalty);
    places[at + FINGERPRINT] = fingerprint;
    places[at + TOUCHED] = stamp(now);
    places[at + KNOCKED_DOOR] = port << PORT_SHIFT;
    return port === 0 && before !== 0;
  }

  /**
   * Whether a sequence that the packet completes counts, whose first knock came at `start`. `timeout`: how long
   * after one that did not the next one has to be complete, in ms.
   */
  admits(door: number, packet: Packet, start: number, now: number, timeout: number): boolean {
    if (this.#policy?.decoys === undefined) return true;
    const places = this.#places;
    const at = this.#find(this.#set(packet), this.#fingerprint(packet));
    if (at < 0) return true;
    const touched = places[at + TOUCHED] as number;
    // From the touch to the first knock; below or at 0 the touch came between the first knock and the last.
    const pause = (stamp(start) - touched) | 0;
    if (pause > this.#policy.penalty || -pause > timeout) return true;
    if (pause <= 0) return false;
    const state = places[at + KNOCKED_DOOR] as number;
    if (state >>> PORT_SHIFT !== 0) return true;
    const knocked =
      (state & DOOR_MASK) === door + 1 && age(places[at + KNOCKED_AT] as number, now) <= timeout;
    places[at + KNOCKED_DOOR] = knocked ? 0 : door + 1;
    places[at + KNOCKED_AT] = stamp(now);
    return knocked;
  }

  #set({ family, source0, source1, source2, source3 }: GuardedSource): number {
    const hash = keyedHash(this.#key, source0, source1, source2, source3, family, SET_WORD);
    return (hash & this.#setMask) * WAYS * PLACE;
  }

  #fingerprint({ family, source0, source1, source2, source3 }: GuardedSource): number {
    return keyedHash(this.#key, source0, source1, source2, source3, family, FINGERPRINT_WORD);
  }

  #find(first: number, fingerprint: number): number {
    const places = this.#places;
    for (let at = first; at < first + WAYS * PLACE; at += PLACE) {
      if (places[at] === fingerprint && places[at + TOUCHED] !== 0) return at;
    }
    return -1;
  }

  /** An empty place, or one no longer in penalty, or any. */
  #room(first: number, now: number, penalty: number): number {
    const places = this.#places;
    for (let at = first; at < first + WAYS * PLACE; at += PLACE) {
      const touched = places[at + TOUCHED] as number;
      if (touched === 0 || age(touched, now) > penalty) return at;
    }
    // xorshift32 (Marsaglia), from the secret.
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return first + (x >>> 30) * PLACE;
  }
}

/** Never 0, which is an empty place. */
function stamp(now: number): number {
  return now | 0 || 1;
}

/** The difference of two 32-bit clocks in ms. */
function age(then: number, now: number): number {
  return Math.abs((stamp(now) - then) | 0);
}

import type { DecoyPorts } from '../decoy/decoy-ports.ts';
import { type Instant, instant } from '../net/time.ts';
import type { Packet } from '../packet/packet.ts';
import { type HashKey, keyedHash } from './keyed-hash.ts';

const WAYS = 4;
/** Words per place: four places are 64 bytes, one cache line. */
const PLACE = 4;
const FINGERPRINT = 0;
/** When the source last touched a decoy port, in ms modulo 2^32; 0: an empty place. */
const TOUCHED = 1;
/**
 * Lower half: the number plus one of the door whose sequence was knocked since. Upper half: the only decoy port that
 * the source touched; 0 once it has touched two and is under penalty.
 */
const KNOCKED_DOOR = 2;
const KNOCKED_AT = 3;
const PORT_SHIFT = 16;
const DOOR_MASK = 0xffff;
const PORT_MASK = 0xffff;

const SET_WORD = 0x5ca4;
const FINGERPRINT_WORD = 0xf146;
const CODE_WORD = 0xc0de;

/** A source as the words of a packet. */
export type GuardedSource = Pick<Packet, 'family' | 'source0' | 'source1' | 'source2' | 'source3'>;

export type ScanPolicy = {
  /** Absent if only codes are guarded: then every sequence counts. */
  readonly decoys?: DecoyPorts;
  /** How long a touch is remembered, in ms. */
  readonly penalty: number;
  /** The same for codes. Wrong codes are counted whether or not decoy ports are used. */
  readonly codePenalty?: number;
};

/** Sources remembered: 4 MiB, resident only as far as used. */
export const MAX_PENALTIES = 262_144;

/**
 * Knows the sources that recently touched a decoy port, and judges completed sequences by it. A touch between the first
 * and the last knock voids the sequence. One touched port may be a mistake. After two, the source is under penalty: the
 * sequence must be knocked twice in a row, without a touch from the first knock to the last. A scan cannot do that, and
 * a stranger who touches decoy ports with a forged source cannot lock its owner out.
 *
 * BOUNDED: by `capacity` places of 16 bytes, found by a keyed hash. If all four of a set are under penalty, a random
 * one is dropped. Two sources are confused once in 2^32 pairs of a set.
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

  /** Replaces the rules; without any, every sequence counts. Penalties stay. */
  follow(policy: ScanPolicy | undefined): void {
    this.#policy = policy;
  }

  /** Whether the packet's destination may be a decoy port. */
  watches(packet: Packet): boolean {
    return this.#policy?.decoys?.touchedBy(packet.protocol, packet.destinationPort, packet.flags) === true;
  }

  /** Whether it may be one beside a knock port: for a door's target, no other ports are known. */
  watchesElsewhere(packet: Packet): boolean {
    return this.#policy?.decoys?.isNear(packet.destinationPort) === true;
  }

  /** Decoy ports touched since the start. */
  get touches(): number {
    return this.#touches;
  }

  /** Sources under penalty at `now`. Scans every place: a few milliseconds. */
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

  /** Until when the source is under penalty, on the clock of `now`; `undefined`: it is not. */
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

  /** Forgets what the source has touched. Returns whether there was anything. */
  endPenalty(source: GuardedSource): boolean {
    const at = this.#find(this.#set(source), this.#fingerprint(source));
    if (at < 0) return false;
    this.#places[at + TOUCHED] = 0;
    return true;
  }

  /** Records that the packet's source touched a decoy port. Returns whether its penalty starts now. */
  touch(packet: Packet, now: number): boolean {
    return this.#touch(packet, packet.destinationPort, now);
  }

  /** A wrong code counts as a touch, and a different wrong code as another port. The same code again does not count. */
  touchByCode(packet: Packet, code: number, now: number): boolean {
    const mark = keyedHash(this.#key, code, CODE_WORD, 0, 0, 0, 0) & PORT_MASK;
    return this.#touch(packet, mark || 1, now);
  }

  /** Whether the source has touched anything since `time`, within the time for which codes are guarded. */
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

  /** `mark`: what was touched, 16 bits and not 0. */
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
   * Whether a sequence completed by the packet, with its first knock at `start`, counts. `timeout`: within how many ms
   * after a first completion the second one must be complete.
   */
  admits(door: number, packet: Packet, start: number, now: number, timeout: number): boolean {
    if (this.#policy?.decoys === undefined) return true;
    const places = this.#places;
    const at = this.#find(this.#set(packet), this.#fingerprint(packet));
    if (at < 0) return true;
    const touched = places[at + TOUCHED] as number;
    // From the touch to the first knock; 0 or less: the touch came between the first knock and the last.
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

  /** An empty place, or one no longer under penalty, or a random one. */
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

/** Never 0, which means an empty place. */
function stamp(now: number): number {
  return now | 0 || 1;
}

/** The difference of two 32-bit clocks in ms. */
function age(then: number, now: number): number {
  return Math.abs((stamp(now) - then) | 0);
}

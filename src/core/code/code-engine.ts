import { type HashKey, keyedHash } from '../attempt/keyed-hash.ts';
import { RecentPackets } from '../attempt/recent-packets.ts';
import { BLOCK, CODE_FLAGS } from '../door/code-ports.ts';
import type { CodeDoor } from '../door/door.ts';
import { addressWords, familyOf } from '../net/address.ts';
import { MAX_PORT } from '../net/port.ts';
import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import { meetsFlagRule } from '../net/tcp-flags.ts';
import type { Packet } from '../packet/packet.ts';
import type { Guesses } from './guesses.ts';

/** First halves that wait for the second: 4 MiB, resident as far as used. */
export const MAX_HALVES = 262_144;

const WAYS = 4;
/** Words per place: two fingerprints, the time in ms modulo 2^32, and the three digits plus one (0: empty). */
const PLACE = 4;
const SECOND = 1;
const TIME = 2;
const DIGITS = 3;

const SET_WORD = 0xc0de;
const FIRST_WORD = 0xc0df;
const SECOND_WORD = 0xc0e0;

/** Packets remembered, to tell retransmissions from knocks. */
const RECENT_PACKETS = 16_384;

/** The door with this block's prefix, and which half of a code the block takes. */
type Half = { readonly door: CodeDoor; readonly isFirst: boolean; readonly words: readonly number[] };

/**
 * Assembles codes from the two ports that they are knocked as. A knock on the first block starts again. The next one on
 * the second block completes one guess and drops the first half, so a scan makes few guesses.
 *
 * Work per packet: a look-up by block, one per door with the block, and one among recent packets. BOUNDED: by
 * `capacity` places of 16 bytes, found by a keyed hash; if all four of a set are waiting, a random one is dropped.
 */
export class CodeEngine {
  /** By the port without its last three digits. */
  #halves: readonly (readonly Half[] | undefined)[] = [];
  readonly #places: Int32Array;
  readonly #setMask: number;
  readonly #key: HashKey;
  readonly #recent: RecentPackets;
  #random: number;

  constructor(capacity: number, key: HashKey) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.#places = new Int32Array(sets * WAYS * PLACE);
    this.#setMask = sets - 1;
    this.#key = key;
    this.#recent = new RecentPackets(RECENT_PACKETS, key);
    this.#random = key[1] ^ Math.imul(key[0], 0x9e3779b1) || 1;
  }

  /** Accepts codes at these doors from now on. First halves stay for doors with the same prefixes and target. */
  follow(doors: readonly CodeDoor[]): void {
    const halves: (Half[] | undefined)[] = new Array(Math.ceil(MAX_PORT / BLOCK)).fill(undefined);
    for (const door of doors)
      for (const [i, prefix] of door.codePorts.entries()) {
        const { target } = door;
        const words = target === undefined ? [] : [familyOf(target), ...addressWords(target)];
        halves[prefix] = [...(halves[prefix] ?? []), { door, isFirst: i === 0, words }];
      }
    this.#halves = halves;
  }

  /** Whether the packet can be half of a code. Constant work, no allocation. */
  watches({ protocol, destinationPort, flags }: Packet): boolean {
    if (this.#halves[(destinationPort / BLOCK) | 0] === undefined) return false;
    return protocol === PROTOCOL_NUMBER.udp || meetsFlagRule(CODE_FLAGS, flags);
  }

  /**
   * Processes a watched packet. `local`: it was sent to an address of this host. `now`: its time in ms. Completed codes
   * are in `guesses`, which is cleared first. Returns whether it was half of a code.
   */
  offer(packet: Packet, local: boolean, now: number, guesses: Guesses): boolean {
    guesses.clear();
    const halves = this.#halves[(packet.destinationPort / BLOCK) | 0] ?? [];
    // Copies are ignored no longer than the shortest timeout of these doors.
    let memory = Number.POSITIVE_INFINITY;
    for (const half of halves)
      if (isFor(half, packet, local)) memory = Math.min(memory, half.door.seqTimeout);
    if (memory === Number.POSITIVE_INFINITY || this.#recent.offer(packet, now, memory)) return false;
    const digits = packet.destinationPort % BLOCK;
    for (const half of halves) {
      if (!isFor(half, packet, local)) continue;
      const { door } = half;
      const pair = door.codePorts[0] * BLOCK + door.codePorts[1];
      if (half.isFirst) this.#begin(packet, pair, digits, now, door.seqTimeout);
      else this.#complete(packet, pair, digits, now, door, guesses);
    }
    return true;
  }

  #begin(packet: Packet, pair: number, digits: number, now: number, timeout: number): void {
    const places = this.#places;
    const first = this.#set(packet, pair);
    let at = this.#find(first, packet, pair);
    if (at < 0) at = this.#room(first, now, timeout);
    places[at] = this.#hash(packet, pair, FIRST_WORD);
    places[at + SECOND] = this.#hash(packet, pair, SECOND_WORD);
    places[at + TIME] = now | 0;
    places[at + DIGITS] = digits + 1;
  }

  #complete(
    packet: Packet,
    pair: number,
    digits: number,
    now: number,
    door: CodeDoor,
    guesses: Guesses,
  ): void {
    const places = this.#places;
    const at = this.#find(this.#set(packet, pair), packet, pair);
    if (at < 0) return;
    const first = (places[at + DIGITS] as number) - 1;
    const took = ((now | 0) - (places[at + TIME] as number)) | 0;
    places[at + DIGITS] = 0;
    if (Math.abs(took) <= door.seqTimeout) guesses.add(door, first * BLOCK + digits, now - took);
  }

  #find(first: number, packet: Packet, pair: number): number {
    const places = this.#places;
    const one = this.#hash(packet, pair, FIRST_WORD);
    const other = this.#hash(packet, pair, SECOND_WORD);
    for (let at = first; at < first + WAYS * PLACE; at += PLACE)
      if (places[at + DIGITS] !== 0 && places[at] === one && places[at + SECOND] === other) return at;
    return -1;
  }

  #set(packet: Packet, pair: number): number {
    return (this.#hash(packet, pair, SET_WORD) & this.#setMask) * WAYS * PLACE;
  }

  #hash(packet: Packet, pair: number, word: number): number {
    const { family, source0, source1, source2, source3 } = packet;
    return keyedHash(
      this.#key,
      source0,
      source1,
      source2,
      source3,
      family,
      Math.imul(pair, 0x9e3779b1) ^ word,
    );
  }

  /** An empty place, one that has timed out, or a random one. */
  #room(first: number, now: number, timeout: number): number {
    const places = this.#places;
    for (let at = first; at < first + WAYS * PLACE; at += PLACE) {
      if (places[at + DIGITS] === 0) return at;
      if (Math.abs(((now | 0) - (places[at + TIME] as number)) | 0) > timeout) return at;
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

function isFor({ words }: Half, packet: Packet, local: boolean): boolean {
  if (words.length === 0) return local;
  return (
    words[0] === packet.family &&
    words[1] === packet.destination0 &&
    words[2] === packet.destination1 &&
    words[3] === packet.destination2 &&
    words[4] === packet.destination3
  );
}

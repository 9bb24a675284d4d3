import { stepCode, targetGroup } from '../../attempt/door-index.ts';
import { type HashKey, keyedHash } from '../../attempt/keyed-hash.ts';
import type { Door } from '../../door/door.ts';
import { type Address, addressWords, familyOf } from '../../net/address.ts';
import { PROTOCOL_NUMBER } from '../../net/protocol.ts';
import type { Packet } from '../../packet/packet.ts';
import { firstPlaces, MAX_HITS, type SpreadHit, WRONG_STEP } from './spread-hit.ts';

/** BOUNDED: hits remembered, 36 MiB, resident as used. At 100,000 hits a second the memory goes back ten seconds. */
export const REMEMBERED_HITS = 1_048_576;

/** A hit has nine words: four for its source, then these. */
const HIT = 9;
const TIME = 4;
const WHAT = 5;
const PRINT = 6;
const GROUP = 7;
/** The number of the hit before it in the same chain. */
const EARLIER = 8;

/** In WHAT, above the port: protocol, family, whether it is sent to this host, the flags, and 1/128 ms. */
const UDP = 1 << 16;
const FAMILY_6 = 1 << 17;
const LOCAL = 1 << 18;
const FLAGS_SHIFT = 19;
const FLAGS_MASK = 63;
const FRACTION_SHIFT = 25;
const FRACTIONS = 128;

/** BOUNDED: hits of a chain that are read. Chains are short, unless one source sends most of the packets. */
const MAX_WALK = 4096;

const CHAIN_WORD = 0x4175;
const PRINT_WORD = 0x5f1e;

/**
 * The latest knocks of all sources, whether a door waited for them or not: another gateway may ask for them. They are in
 * one ring, in the order of arrival, and chained by source. A knock costs one hash of its source, one of the packet, and
 * 36 bytes to write. It allocates nothing.
 *
 * BOUNDED: by `capacity`. The oldest hits make room whoever sent them, so nobody can choose whose hits are forgotten.
 */
export class HitMemory {
  readonly #hits: Int32Array;
  readonly #mask: number;
  /** The number of the latest hit of each chain; 0 for an empty chain. */
  readonly #chains: Int32Array;
  readonly #chainMask: number;
  readonly #key: HashKey;
  /** The number of the next hit. Numbers grow modulo 2^32. */
  #next = 1;

  /** `capacity`: a power of two. */
  constructor(capacity: number, key: HashKey) {
    this.#hits = new Int32Array(capacity * HIT);
    this.#mask = capacity - 1;
    this.#chains = new Int32Array(Math.max(1, capacity >>> 2));
    this.#chainMask = this.#chains.length - 1;
    this.#key = key;
  }

  /** A packet to a port of a door. `local`: sent to an address of this host. `now`: ms of a clock that only grows. */
  add(packet: Packet, local: boolean, now: number): void {
    const { family, protocol, source0, source1, source2, source3 } = packet;
    const number = this.#next;
    const at = (number & this.#mask) * HIT;
    const hits = this.#hits;
    const chain = this.#chain(family, source0, source1, source2, source3);
    const time = Math.floor(now);
    hits[at] = source0;
    hits[at + 1] = source1;
    hits[at + 2] = source2;
    hits[at + 3] = source3;
    hits[at + TIME] = time | 0;
    hits[at + WHAT] =
      packet.destinationPort |
      (protocol === PROTOCOL_NUMBER.udp ? UDP : 0) |
      (family === 6 ? FAMILY_6 : 0) |
      (local ? LOCAL : 0) |
      ((packet.flags & FLAGS_MASK) << FLAGS_SHIFT) |
      (Math.floor((now - time) * FRACTIONS) << FRACTION_SHIFT);
    hits[at + PRINT] = this.#print(packet);
    hits[at + GROUP] = targetGroup(packet);
    hits[at + EARLIER] = this.#chains[chain] as number;
    this.#chains[chain] = number;
    // 0 means that there is no hit.
    this.#next = (number + 1) | 0 || 1;
  }

  /** The latest hits of a source that the door listens to, the oldest first. `now`: as for `add`. */
  read(source: Address, door: Door, now: number): SpreadHit[] {
    const found = this.#find(source, door).reverse();
    const places = firstPlaces(door);
    const prints = new Map<number, number>();
    return found.map((at, index) => {
      const what = this.#word(at, WHAT);
      const copyOf = prints.get(this.#word(at, PRINT));
      if (copyOf === undefined) prints.set(this.#word(at, PRINT), index);
      const protocol = (what & UDP) === 0 ? 'tcp' : 'udp';
      const code = stepCode(PROTOCOL_NUMBER[protocol], what & 0xffff);
      const fraction = (what >>> FRACTION_SHIFT) / FRACTIONS;
      const whole = Math.floor(now);
      return {
        step: places.get(code) ?? WRONG_STEP[protocol],
        age: ((whole - this.#word(at, TIME)) | 0) + (now - whole) - fraction,
        ...(copyOf === undefined ? {} : { copyOf }),
      };
    });
  }

  /** The positions of the latest hits, newest first. */
  #find(source: Address, door: Door): number[] {
    const [w0, w1, w2, w3] = addressWords(source);
    const family = familyOf(source);
    const concerns = listener(door);
    const found: number[] = [];
    let number = this.#chains[this.#chain(family, w0, w1, w2, w3)] as number;
    let age = 0;
    for (let walked = 0; walked < MAX_WALK && found.length < MAX_HITS; walked++) {
      const before = age;
      age = (this.#next - number) >>> 0;
      // If the next number is not older, its hit has been overwritten.
      if (number === 0 || age > this.#mask || age <= before) break;
      const at = (number & this.#mask) * HIT;
      if (this.#isOf(at, family, w0, w1, w2, w3) && concerns(this.#word(at, WHAT), this.#word(at, GROUP))) {
        found.push(at);
      }
      number = this.#word(at, EARLIER);
    }
    return found;
  }

  #isOf(at: number, family: number, w0: number, w1: number, w2: number, w3: number): boolean {
    const hits = this.#hits;
    return (
      hits[at] === (w0 | 0) &&
      hits[at + 1] === (w1 | 0) &&
      hits[at + 2] === (w2 | 0) &&
      hits[at + 3] === (w3 | 0) &&
      ((this.#word(at, WHAT) & FAMILY_6) !== 0) === (family === 6)
    );
  }

  #word(at: number, word: number): number {
    return this.#hits[at + word] as number;
  }

  #chain(family: number, w0: number, w1: number, w2: number, w3: number): number {
    return keyedHash(this.#key, w0, w1, w2, w3, family, CHAIN_WORD) & this.#chainMask;
  }

  /** A hash that distinguishes packets of one source. Two different packets have the same hash once in 2^32 pairs. */
  #print(packet: Packet): number {
    const ports = (packet.sourcePort << 16) | packet.destinationPort;
    const kind = (packet.protocol << 8) | packet.flags;
    return keyedHash(
      this.#key,
      ports,
      packet.identity,
      kind,
      targetGroup(packet),
      packet.source3,
      PRINT_WORD,
    );
  }
}

/** Whether the door listens to a hit, by its words WHAT and GROUP (as `DoorIndex.concerns`). */
function listener({ flags, target }: Door): (what: number, group: number) => boolean {
  const family6 = target !== undefined && familyOf(target) === 6 ? FAMILY_6 : 0;
  const group = target === undefined ? 0 : groupOf(target);
  return (what, hitGroup) => {
    const isUdp = (what & UDP) !== 0;
    if (!isUdp && ((what >>> FLAGS_SHIFT) & FLAGS_MASK & flags.mask) !== flags.value) return false;
    return target === undefined ? (what & LOCAL) !== 0 : hitGroup === group && (what & FAMILY_6) === family6;
  };
}

function groupOf(target: Address): number {
  const [destination0, destination1, destination2, destination3] = addressWords(target);
  return targetGroup({ destination0, destination1, destination2, destination3 });
}

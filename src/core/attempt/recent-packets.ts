import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import type { Packet } from '../packet/packet.ts';
import { type HashKey, keyedHash } from './keyed-hash.ts';
import { isTcpRetransmission } from './tcp-retransmission.ts';

const WAYS = 4;

/**
 * A later copy is never a retransmission, whatever `seq_timeout` says. tcp(7): Linux repeats a SYN after 1, 2, 4, … up
 * to 32 s (`tcp_syn_retries` 6).
 */
export const RETRANSMISSION_MEMORY_MS = 65_000;

/** UDP repeats nothing, and a second sighting has the time of the first: within 1 ms, the resolution kept. */
const SECOND_LOOK_MS = 1;

/** Words per place. */
const PLACE = 3;
const COUNTED = 1;
const SEEN = 2;

/**
 * Recently seen packets, to tell a retransmission, or a second sighting on a bridge and its port, from a knock. Some
 * clients send identical packets at each attempt: a copy is a retransmission only for a limited time after the packet
 * that counted (copies do not prolong it), or at the times at which TCP repeats.
 *
 * BOUNDED: by `capacity`, 12 bytes each. A packet is stored as a keyed 32-bit fingerprint in one of four places. If all
 * four are taken, the one not seen for longest is dropped, and its retransmission would count as a knock. Two packets
 * are confused once in a thousand million.
 */
export class RecentPackets {
  /**
   * Sets of four places of three words: the fingerprint (0: empty), when it counted, and when it was last seen, in ms
   * modulo 2^32.
   */
  readonly #places: Int32Array;
  readonly #setMask: number;
  readonly #key: HashKey;
  /** The place of the packet offered last. */
  #last = 0;

  constructor(capacity: number, key: HashKey) {
    const sets = 2 ** Math.ceil(Math.log2(Math.max(1, capacity / WAYS)));
    this.#places = new Int32Array(sets * WAYS * PLACE);
    this.#setMask = sets - 1;
    this.#key = key;
  }

  /** Whether the packet is a copy of one that counted at most `memory` ms ago. If not, it counts and is remembered. */
  offer(packet: Packet, now: number, memory: number): boolean {
    const ports = (packet.sourcePort << 16) | packet.destinationPort;
    const kind = (packet.protocol << 8) | packet.flags;
    const set = keyedHash(
      this.#key,
      packet.source0 ^ packet.family,
      packet.source1,
      packet.source2,
      packet.source3,
      ports,
      packet.identity ^ kind,
    );
    // Independent of the set's bits, so that both together distinguish 2^48 packets. The multipliers are odd.
    const mixed =
      Math.imul(packet.identity ^ this.#key[0], 0x9e3779b1) ^
      Math.imul(ports ^ this.#key[1], 0x85ebca6b) ^
      Math.imul(packet.source3 ^ kind, 0xc2b2ae35) ^
      Math.imul(packet.destination0 ^ packet.destination1, 0x27d4eb2f) ^
      Math.imul(packet.destination2 ^ packet.destination3, 0x165667b1);
    const first = (set & this.#setMask) * WAYS * PLACE;
    const limit =
      packet.protocol === PROTOCOL_NUMBER.udp ? SECOND_LOOK_MS : Math.min(memory, RETRANSMISSION_MEMORY_MS);
    return this.#touch(first, mixed || 1, now, limit);
  }

  /** How long before `now` the packet offered last counted, in ms: less than 25 days. */
  age(now: number): number {
    return (now - (this.#places[this.#last + COUNTED] as number)) | 0;
  }

  /** The packet offered last counts after all. */
  count(now: number): void {
    this.#places[this.#last + COUNTED] = now | 0;
  }

  #touch(first: number, fingerprint: number, now: number, memory: number): boolean {
    const places = this.#places;
    const stamp = now | 0;
    let oldest = first;
    let oldestAge = -1;
    for (let at = first; at < first + WAYS * PLACE; at += PLACE) {
      const seen = places[at + SEEN] as number;
      // The difference of two 32-bit clocks. Packets may arrive slightly out of order.
      const age = places[at] === 0 ? 0x7fffffff : Math.abs((now - seen) | 0);
      if (places[at] === fingerprint) {
        this.#last = at;
        places[at + SEEN] = stamp;
        const counted = places[at + COUNTED] as number;
        if (Math.abs((now - counted) | 0) <= memory) return true;
        if (memory > SECOND_LOOK_MS && isTcpRetransmission((seen - counted) | 0, age)) return true;
        places[at + COUNTED] = stamp;
        return false;
      }
      if (age > oldestAge) {
        oldestAge = age;
        oldest = at;
      }
    }
    this.#last = oldest;
    places[oldest] = fingerprint;
    places[oldest + COUNTED] = stamp;
    places[oldest + SEEN] = stamp;
    return false;
  }
}

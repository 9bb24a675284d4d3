import { stepCode } from '../../../core/attempt/door-index.ts';
import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import type { ScanGuard } from '../../../core/attempt/scan-guard.ts';
import type { Door } from '../../../core/door/door.ts';
import { inFleet } from '../../../core/door/fleet-right.ts';
import { HitMemory, REMEMBERED_HITS } from '../../../core/fleet/spread/hit-memory.ts';
import { MAX_SPREAD_STEPS, type SpreadObservation } from '../../../core/fleet/spread/spread-hit.ts';
import { type Address, addressWords, familyOf } from '../../../core/net/address.ts';
import { PROTOCOL_NUMBER } from '../../../core/net/protocol.ts';
import { instant } from '../../../core/net/time.ts';
import type { Packet } from '../../../core/packet/packet.ts';
import { exactWallMs } from '../../../host/clock/wall-clock.ts';

/** Packets wait in the ring for less than this. A larger difference means that the clock was set. */
const MOST_MS = 5000;

/** What this host has seen of sources at spread doors. Without such a door it is empty. */
export class SpreadMemory {
  readonly #key: HashKey;
  readonly #guard: ScanGuard;
  #hits: HitMemory | undefined;
  #doors: readonly Door[] = [];
  /** The doors by their last knock. */
  #byLast: ReadonlyMap<number, readonly Door[]> = new Map();
  /** The wall clock minus the monotonic clock, and when both were read. */
  #offset = 0;
  #readAt = 0;

  constructor(key: HashKey, guard: ScanGuard) {
    this.#key = key;
    this.#guard = guard;
  }

  get isActive(): boolean {
    return this.#hits !== undefined;
  }

  /** Replaces the watched doors; only those that are spread matter here. */
  follow(doors: readonly Door[]): void {
    this.#doors = doors.filter(isSpread);
    const byLast = new Map<number, Door[]>();
    for (const door of this.#doors) {
      const last = door.sequence.at(-1) ?? door.sequence[0];
      const code = stepCode(PROTOCOL_NUMBER[last.protocol], last.port);
      byLast.set(code, [...(byLast.get(code) ?? []), door]);
    }
    this.#byLast = byLast;
    if (this.#doors.length === 0) this.#hits = undefined;
    else this.#hits ??= new HitMemory(REMEMBERED_HITS, this.#key);
  }

  readClocks(): void {
    if (this.#hits === undefined) return;
    this.#readAt = performance.now();
    this.#offset = exactWallMs() - this.#readAt;
  }

  /** Converts a packet's time to the monotonic clock. */
  momentOf(at: number): number {
    const moment = at - this.#offset;
    return Math.abs(moment - this.#readAt) > MOST_MS ? this.#readAt : moment;
  }

  /** Whether it is sent to the port of a last knock. */
  add(packet: Packet, local: boolean, now: number): boolean {
    if (this.#hits === undefined) return false;
    this.#hits.add(packet, local, this.momentOf(now));
    return this.#byLast.has(stepCode(packet.protocol, packet.destinationPort));
  }

  doorsOf(packet: Packet): readonly Door[] {
    return this.#byLast.get(stepCode(packet.protocol, packet.destinationPort)) ?? [];
  }

  door(name: string): Door | undefined {
    return this.#doors.find((one) => one.name === name);
  }

  /** `moment`: on the monotonic clock; `wall`: the same on the wall clock. */
  observed(source: Address, door: Door, moment: number, wall: number): SpreadObservation {
    const hits = this.#hits?.read(source, door, moment) ?? [];
    const [source0, source1, source2, source3] = addressWords(source);
    const words = { family: familyOf(source), source0, source1, source2, source3 };
    const touch = this.#guard.lastTouch(words, instant(wall));
    return { hits, ...(touch === undefined ? {} : { touch }) };
  }
}

const isSpread = (door: Door): boolean =>
  inFleet(door, 'spread') && door.sequence.length > 1 && door.sequence.length <= MAX_SPREAD_STEPS;

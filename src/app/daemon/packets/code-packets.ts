import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import { CodeEngine, MAX_HALVES } from '../../../core/code/code-engine.ts';
import { Guesses } from '../../../core/code/guesses.ts';
import type { CodeDoor } from '../../../core/door/door.ts';
import type { Packet } from '../../../core/packet/packet.ts';

/** A complete code that was knocked. Valid only during the call. */
export type KnockedCode = {
  /** The packet of its second half. */
  readonly packet: Packet;
  readonly door: CodeDoor;
  readonly code: number;
  /** Arrival times of its halves, by the wall clock in ms. */
  readonly start: number;
  readonly at: number;
  /** Whether the kernel drops the packet because of its reverse path filter. */
  readonly isDroppedByKernel: () => boolean;
};

export type OnCode = (knocked: KnockedCode) => void;

/** Assembles codes from packets, if a door accepts codes. */
export class CodePackets {
  readonly #key: HashKey;
  readonly #guesses = new Guesses();
  #engine: CodeEngine | undefined;

  constructor(doors: readonly CodeDoor[], key: HashKey) {
    this.#key = key;
    this.follow(doors);
  }

  follow(doors: readonly CodeDoor[]): void {
    if (doors.length > 0) this.#engine ??= new CodeEngine(MAX_HALVES, this.#key);
    this.#engine?.follow(doors);
  }

  watches(packet: Packet): boolean {
    return this.#engine?.watches(packet) === true;
  }

  /** Returns what a watched packet was: half of a code, a whole code, or nothing. */
  offer(
    packet: Packet,
    local: boolean,
    now: number,
    onCode: OnCode,
    isDroppedByKernel: () => boolean,
  ): 'half' | 'whole' | 'nothing' {
    const guesses = this.#guesses;
    if (this.#engine?.offer(packet, local, now, guesses) !== true) return 'nothing';
    for (let i = 0; i < guesses.count; i++) {
      const [door, code, start] = [guesses.door(i), guesses.code(i), guesses.start(i)];
      onCode({ packet, door, code, start, at: now, isDroppedByKernel });
    }
    return guesses.count === 0 ? 'half' : 'whole';
  }
}

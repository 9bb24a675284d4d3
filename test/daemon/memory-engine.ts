import type { StreamId } from '../../src/core/control/fleet-link.ts';
import type { HandClock } from './keeper-fixture.ts';

/** What the engine keeps: a stream in one order, by a clock of its own, and the hash of bans. */
export class MemoryEngine {
  readonly stream: { readonly at: number; readonly id: StreamId; readonly bytes: Uint8Array }[] = [];
  readonly bans = new Map<string, Uint8Array>();
  readonly claims = new Set<string>();
  readonly #clock: HandClock;
  #serial = 0;
  #first = 0;

  constructor(clock: HandClock) {
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.day;
  }

  /** What is there now is forgotten. */
  trim(): void {
    this.#first = this.stream.length;
  }

  /** A failover, or a power failure: the last that it has confirmed is gone. */
  lose(count: number): void {
    this.stream.splice(Math.max(this.#first, this.stream.length - count));
  }

  /** Where the stream begins. */
  get first(): number {
    return this.#first;
  }

  add(bytes: Uint8Array): StreamId {
    this.#serial += 1;
    const id = `${this.now}-${this.#serial}` as StreamId;
    this.stream.push({ at: this.now, id, bytes });
    return id;
  }
}

import {
  type ClaimOutcome,
  type FleetBegin,
  type FleetPart,
  REPLACED,
} from '../../../core/control/fleet-link.ts';
import { RequestError } from '../../../core/control/parse-request.ts';
import type { Millis } from '../../../core/net/time.ts';

/** BOUNDED: parts, except records, that wait for the carrier. More are not sent. */
const MAX_PARTS = 4096;

/** BOUNDED: fields sent but not confirmed by the engine. */
const MAX_IN_FLIGHT = 64;

/** How long a claim waits for the engine. */
const CLAIM_PATIENCE_MS = 1000;

type UrgentPart = Extract<FleetPart, { kind: 'claim' | 'ask' | 'answer' | 'record' }>;

/** A field of the hash of bans. `make` signs its record when it is sent. */
export type KeptField = { readonly field: string; readonly make: () => Uint8Array };

export type FleetLinkParts = {
  readonly begin: () => FleetBegin;
  /** The next record for the stream. */
  readonly nextRecord: () => FleetPart | undefined;
  /** A number for a part that is not a record of the stream. */
  readonly number: () => number;
  /** A carrier has connected or disconnected. Unconfirmed parts may not have arrived. */
  readonly onCarrier: (isThere: boolean) => void;
};

type Follower = { wake: () => void; isOver: boolean; isReplaced: boolean };

/** The daemon's end of the link to the carrier: outgoing parts, and those that wait for an answer. */
export class FleetLink {
  readonly #parts: FleetLinkParts;
  readonly #urgent: UrgentPart[] = [];
  /** The newest unconfirmed value of each field. BOUNDED: by the bans. */
  readonly #kept = new Map<string, KeptField>();
  readonly #flying = new Map<number, KeptField>();
  readonly #claims = new Map<number, (outcome: ClaimOutcome) => void>();
  #follower: Follower | undefined;
  #isConnected = false;
  #mustBegin = true;
  #lastClaim = 0;

  constructor(parts: FleetLinkParts) {
    this.#parts = parts;
  }

  get hasCarrier(): boolean {
    return this.#follower !== undefined;
  }

  /** Whether the carrier has a connection to the engine. */
  get isConnected(): boolean {
    return this.#isConnected && this.#follower !== undefined;
  }

  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    if (!isConnected) this.#dropUrgent();
    this.wake();
  }

  /** The configuration has changed. */
  beginAgain(): void {
    this.#mustBegin = true;
    this.wake();
  }

  wake(): void {
    this.#follower?.wake();
  }

  /** Returns false if there is no carrier, or if it does not keep up. */
  send(part: UrgentPart): boolean {
    if (!this.isConnected || this.#urgent.length >= MAX_PARTS) return false;
    this.#urgent.push(part);
    this.wake();
    return true;
  }

  /** Sends the field until the engine has it, instead of its earlier value. */
  keep(field: KeptField): void {
    this.#kept.set(field.field, field);
    this.wake();
  }

  /** The engine has it. */
  confirm(seq: number): void {
    this.#flying.delete(seq);
  }

  /** Sends unconfirmed parts again, because they may be lost. */
  requeue(): void {
    // Newest first: an older value must not replace it.
    for (const field of [...this.#flying.values()].reverse())
      if (!this.#kept.has(field.field)) this.#kept.set(field.field, field);
    this.#flying.clear();
  }

  /** Whether this host is the first of the fleet to use `key`, in hexadecimal digits. */
  claim(key: string, lifetime: Millis): Promise<ClaimOutcome> {
    this.#lastClaim += 1;
    const id = this.#lastClaim;
    if (!this.send({ kind: 'claim', id, key, lifetime })) return Promise.resolve('unreachable');
    const { promise, resolve } = Promise.withResolvers<ClaimOutcome>();
    const timer = setTimeout(() => this.claimed(id, 'unreachable'), CLAIM_PATIENCE_MS);
    this.#claims.set(id, (outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    });
    return promise;
  }

  claimed(id: number, outcome: ClaimOutcome): void {
    this.#claims.get(id)?.(outcome);
    this.#claims.delete(id);
  }

  /** A second carrier replaces the first, which may be one that has died; if it lives, it is told. */
  async *follow(): AsyncGenerator<FleetPart> {
    if (this.#follower !== undefined) this.#follower.isReplaced = true;
    this.#leave();
    const follower: Follower = { wake: () => undefined, isOver: false, isReplaced: false };
    this.#follower = follower;
    this.#mustBegin = true;
    this.#parts.onCarrier(true);
    try {
      while (!follower.isOver) {
        const part = this.#next();
        if (part !== undefined) yield part;
        else await new Promise<void>((resolve) => (follower.wake = resolve));
      }
      if (follower.isReplaced) throw new RequestError(REPLACED);
    } finally {
      if (this.#follower === follower) this.#leave();
    }
  }

  /** Disconnects the carrier. */
  close(): void {
    this.#leave();
  }

  #next(): FleetPart | undefined {
    if (this.#mustBegin) {
      this.#mustBegin = false;
      return this.#parts.begin();
    }
    if (!this.#isConnected) return undefined;
    return this.#urgent.shift() ?? this.#parts.nextRecord() ?? this.#nextKept();
  }

  #nextKept(): FleetPart | undefined {
    const [kept] = this.#kept.values();
    if (kept === undefined || this.#flying.size >= MAX_IN_FLIGHT) return undefined;
    const seq = this.#parts.number();
    this.#kept.delete(kept.field);
    this.#flying.set(seq, kept);
    return { kind: 'ban', seq, field: kept.field, bytes: kept.make() };
  }

  #leave(): void {
    const follower = this.#follower;
    if (follower === undefined) return;
    this.#follower = undefined;
    this.#isConnected = false;
    this.#dropUrgent();
    follower.isOver = true;
    follower.wake();
    this.#parts.onCarrier(false);
  }

  #dropUrgent(): void {
    this.#urgent.length = 0;
    for (const id of [...this.#claims.keys()]) this.claimed(id, 'unreachable');
  }
}

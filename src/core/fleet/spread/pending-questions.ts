import type { HashKey } from '../../attempt/keyed-hash.ts';
import { NONE, SourceBuckets } from '../../budget/source-buckets.ts';
import { WorkTokens } from '../../budget/work-tokens.ts';
import type { Door } from '../../door/door.ts';
import { type Address, addressWords, familyOf } from '../../net/address.ts';
import type { SpreadWitness } from './judge-spread.ts';
import type { SpreadObservation } from './spread-hit.ts';

/** A last knock that completed no sequence on this host alone. Moments are in ms by the monotonic clock. */
export type LastKnock = {
  readonly door: Door;
  readonly source: Address;
  /** Packet time. */
  readonly at: number;
  /** The same moment by the monotonic clock. */
  readonly moment: number;
  readonly own: SpreadObservation;
  /** Why the door must not open, if that is known already. */
  readonly whyNot?: string;
};

/** A question with its answers, and who gave them. */
export type AnsweredQuestion = LastKnock & {
  readonly witnesses: readonly (SpreadWitness & { readonly member: string })[];
  /** The members that have not answered. */
  readonly silent: readonly string[];
};

type Pending = LastKnock & {
  readonly nonce: string;
  readonly askedAt: number;
  readonly waiting: Set<string>;
  readonly witnesses: (SpreadWitness & { readonly member: string })[];
};

/** Limits on questions: of this host in all, and about one source (IPv6: its /64). */
const RATE = { depth: 1000, perSecond: 1000 } as const;
const SOURCE_RATE = { burst: 4, perSecond: 0.4 } as const;

/** 8 bytes each. */
const PLACES = 65_536;

/** BOUNDED: as many as may be asked at once, and those within `LATE_ANSWER_TIMEOUT_MS`. */
const MAX_PENDING = 2000;

/** After this time the sequence is judged without the members that have not answered. */
export const ANSWER_TIMEOUT_MS = 100;

/** If it is incomplete then, late answers still count until here: a member or the engine may be slow for a moment. */
export const LATE_ANSWER_TIMEOUT_MS = 1000;

/**
 * The delay of a question after the last knock: by then, knocks that arrive elsewhere at the same time have been
 * processed.
 */
export const SETTLE_MS = 2;

/** The unanswered questions to other gateways, within their budgets. */
export class PendingQuestions {
  readonly #all = new WorkTokens(RATE);
  readonly #sources: SourceBuckets;
  readonly #pending = new Map<number, Pending>();
  #next = 1;

  constructor(key: HashKey) {
    this.#sources = new SourceBuckets(PLACES, key, SOURCE_RATE);
  }

  get size(): number {
    return this.#pending.size;
  }

  clear(): void {
    this.#pending.clear();
  }

  /** Whether a question about the source may be asked; if so, it is counted. `now`: by the monotonic clock. */
  admits(source: Address, now: number): boolean {
    if (this.#pending.size >= MAX_PENDING) return false;
    const [w0, w1, w2, w3] = addressWords(source);
    if (this.#sources.take(familyOf(source), w0, w1, w2, w3, now) === NONE) return false;
    return this.#all.take(1, now);
  }

  /** Returns the question's number. */
  ask(knock: LastKnock, nonce: string, members: Iterable<string>, now: number): number {
    const id = this.#next++;
    const waiting = new Set(members);
    this.#pending.set(id, { ...knock, nonce, askedAt: now, waiting, witnesses: [] });
    return id;
  }

  /** The nonce of a question that waits for this member. */
  nonceOf(id: number, member: string): string | undefined {
    const pending = this.#pending.get(id);
    return pending?.waiting.has(member) === true ? pending.nonce : undefined;
  }

  /** The question's door; `undefined` once the question is over. */
  doorOf(id: number): Door | undefined {
    return this.#pending.get(id)?.door;
  }

  /**
   * Adds the answer of a member. It was given between the question and now, so the middle of that time is wrong by at
   * most half of it. Returns the question when all members have answered.
   */
  answer(id: number, member: string, observed: SpreadObservation, now: number): AnsweredQuestion | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined || !pending.waiting.delete(member)) return undefined;
    const error = Math.max(0, now - pending.askedAt) / 2;
    const moment = pending.askedAt + error - pending.moment;
    pending.witnesses.push({ member, observed, moment, error });
    return pending.waiting.size === 0 ? this.end(id) : undefined;
  }

  /** The answers so far. `undefined` if the question is over. */
  soFar(id: number): AnsweredQuestion | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    const { nonce: _, askedAt: __, waiting, witnesses, ...knock } = pending;
    return { ...knock, witnesses: [...witnesses], silent: [...waiting] };
  }

  /** Ends the question. `undefined` if it was over already. */
  end(id: number): AnsweredQuestion | undefined {
    const question = this.soFar(id);
    this.#pending.delete(id);
    return question;
  }
}

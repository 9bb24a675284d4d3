import type { HashKey } from '../../../core/attempt/keyed-hash.ts';
import type { ScanGuard, ScanPolicy } from '../../../core/attempt/scan-guard.ts';
import type { Steps } from '../../../core/attempt/steps.ts';
import { WorkTokens } from '../../../core/budget/work-tokens.ts';
import { concatBytes } from '../../../core/bytes/concat-bytes.ts';
import type { SpreadCounts } from '../../../core/control/fleet-status.ts';
import type { Door } from '../../../core/door/door.ts';
import { mayOpen } from '../../../core/fleet/member.ts';
import { judgeSpread, type SpreadVerdict } from '../../../core/fleet/spread/judge-spread.ts';
import {
  ANSWER_TIMEOUT_MS,
  type AnsweredQuestion,
  LATE_ANSWER_TIMEOUT_MS,
  type LastKnock,
  PendingQuestions,
  SETTLE_MS,
} from '../../../core/fleet/spread/pending-questions.ts';
import { NO_OBSERVATION } from '../../../core/fleet/spread/spread-hit.ts';
import { parseAnswer, renderQuestion, spreadBytes } from '../../../core/fleet/spread/spread-messages.ts';
import { type Packet, packetSource } from '../../../core/packet/packet.ts';
import { exactWallMs } from '../../../host/clock/wall-clock.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import type { OnCompletion } from '../packets/on-completion.ts';
import type { SpreadListener } from '../packets/spread-listener.ts';
import { answerQuestion } from './answer-question.ts';
import { knocksFingerprint } from './knocks-fingerprint.ts';
import type { SpreadFleet } from './spread-fleet.ts';
import { SpreadMemory } from './spread-memory.ts';

export type SpreadCoordinatorParts = {
  readonly key: HashKey;
  readonly guard: ScanGuard;
  readonly policy: () => ScanPolicy | undefined;
  /** Processes the packets that have arrived. */
  readonly drainArrived: () => void;
  /** A question has been answered, and judged. */
  readonly onVerdict: (question: AnsweredQuestion, verdict: SpreadVerdict) => void;
  readonly warn: (text: string) => void;
  /** Replace `ANSWER_TIMEOUT_MS` and `LATE_ANSWER_TIMEOUT_MS`. */
  readonly answerTimeout?: number;
  readonly lateAnswerTimeout?: number;
};

/** Rate of answered questions: enough for a few members that use up their budgets. */
const ANSWER_RATE = { depth: 4000, perSecond: 4000 } as const;

const NONCE_BYTES = 16;

/** Age of this host's own last knock, in units of 1/128 ms. */
const JUST_NOW_MS = 1 / 64;

/**
 * Completes sequences whose knocks reach several hosts. At a last knock that this host cannot complete alone, it asks
 * the other members what they have seen of the source, and passes all of it to the ordinary engine. Members answer from
 * memory. Without last knocks there is no work. BOUNDED: by the budgets of `PendingQuestions`.
 */
export class SpreadCoordinator implements SpreadListener {
  /** See `SPREAD_COUNTED`. */
  readonly counts = { asked: 0, joined: 0, unasked: 0, late: 0, told: 0, forged: 0 } satisfies SpreadCounts;
  readonly #parts: SpreadCoordinatorParts;
  readonly #memory: SpreadMemory;
  readonly #pending: PendingQuestions;
  readonly #answers = new WorkTokens(ANSWER_RATE);
  readonly #timers = new Set<NodeJS.Timeout>();
  #onCompletion: OnCompletion = () => undefined;
  #doors: readonly Door[] = [];
  #fleet: SpreadFleet | undefined;

  constructor(parts: SpreadCoordinatorParts) {
    this.#parts = parts;
    this.#memory = new SpreadMemory(parts.key, parts.guard);
    this.#pending = new PendingQuestions(parts.key);
  }

  /** Whether a door has `fleet = spread`, and there is a fleet. */
  get isActive(): boolean {
    return this.#memory.isActive;
  }

  /** Receives the completed sequences. */
  listen(onCompletion: OnCompletion): void {
    this.#onCompletion = onCompletion;
  }

  /** Replaces the watched doors; only those that are spread matter here. */
  follow(doors: readonly Door[]): void {
    this.#doors = doors;
    this.#memory.follow(this.#fleet === undefined ? [] : doors);
  }

  /** Joins this fleet, or none. Pending questions are dropped. */
  join(fleet: SpreadFleet | undefined): void {
    this.stop();
    this.#fleet = fleet;
    this.follow(this.#doors);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#pending.clear();
  }

  beforePackets(): void {
    this.#memory.readClocks();
  }

  remember(packet: Packet, local: boolean, now: number): boolean {
    return this.#memory.add(packet, local, now);
  }

  lastKnock(packet: Packet, now: number, steps: Steps, whyNot?: string): void {
    for (const door of this.#memory.doorsOf(packet)) {
      if (steps.completions.some((one) => one.door.name === door.name)) continue;
      const source = packetSource(packet);
      const moment = this.#memory.momentOf(now);
      const own = this.#memory.observed(source, door, moment, now);
      // Otherwise the door does not listen to such a packet.
      if ((own.hits.at(-1)?.age ?? 1) > JUST_NOW_MS) continue;
      this.#prepare({ door, source, at: now, moment, own, ...(whyNot === undefined ? {} : { whyNot }) });
    }
  }

  /** A question of another member. */
  asked(to: string, bytes: Uint8Array): void {
    const fleet = this.#fleet;
    if (fleet === undefined || !this.#answers.take(1, performance.now())) return;
    this.#parts.drainArrived();
    const answered = answerQuestion(
      fleet,
      {
        door: (name) => this.#memory.door(name),
        observed: (source, door) => this.#memory.observed(source, door, performance.now(), exactWallMs()),
      },
      bytes,
    );
    if (answered.kind === 'forged') this.counts.forged += 1;
    if (answered.kind !== 'answer') return;
    if (answered.told) this.counts.told += 1;
    fleet.send({ kind: 'answer', to, bytes: answered.bytes });
  }

  /** An answer to a question of this host. */
  answered(id: number, bytes: Uint8Array): void {
    const fleet = this.#fleet;
    const answer = parseAnswer(bytes);
    const door = this.#pending.doorOf(id);
    if (fleet === undefined || answer === undefined || door === undefined) return;
    const { message, rendered, signature } = answer;
    const { observed } = message;
    const member = fleet.members.get(message.member);
    if (member === undefined || this.#pending.nonceOf(id, message.member) !== message.nonce) return;
    if (observed === undefined) {
      this.#parts.warn(
        `${member.name}: it has no door ${door.name} with the same knocks and \`fleet = spread\`, so it cannot complete a sequence there`,
      );
    }
    const tells = observed !== undefined && (observed.hits.length > 0 || observed.touch !== undefined);
    if (tells && !fleet.verify(member.key, spreadBytes('answer', rendered), signature)) {
      this.counts.forged += 1;
      return;
    }
    const question = this.#pending.answer(id, member.name, observed ?? NO_OBSERVATION, performance.now());
    if (question !== undefined) this.#judge(question);
  }

  /** Waits a moment for knocks that reached other hosts at the same time. */
  #prepare(knock: LastKnock): void {
    const fleet = this.#fleet;
    if (fleet === undefined) return;
    const now = performance.now();
    if (!this.#pending.admits(knock.source, now)) {
      this.counts.unasked += 1;
      return;
    }
    this.#later(SETTLE_MS, () => this.#ask(fleet, knock));
  }

  #ask(fleet: SpreadFleet, knock: LastKnock): void {
    const { door, source } = knock;
    const members = [...fleet.members.values()].filter((member) => mayOpen(member, door.name));
    if (members.length === 0) return;
    const nonce = Buffer.from(randomBytes(NONCE_BYTES)).toString('hex');
    const names = members.map(({ name }) => name);
    const id = this.#pending.ask(knock, nonce, names, performance.now());
    const knocks = knocksFingerprint(fleet.secret, door);
    const { fleet: group, name: member } = fleet;
    const rendered = renderQuestion({ fleet: group, member, nonce, door: door.name, source, knocks });
    const signature = fleet.sign(spreadBytes('question', rendered));
    if (!fleet.send({ kind: 'ask', id, bytes: concatBytes(rendered, signature) })) {
      this.#pending.end(id);
      this.counts.unasked += 1;
      return;
    }
    this.counts.asked += 1;
    const { answerTimeout = ANSWER_TIMEOUT_MS, lateAnswerTimeout = LATE_ANSWER_TIMEOUT_MS } = this.#parts;
    this.#later(answerTimeout, () => this.#judgeSoFar(id));
    this.#later(lateAnswerTimeout, () => {
      const question = this.#pending.end(id);
      if (question === undefined) return;
      this.counts.late += question.silent.length;
      this.#judge(question);
    });
  }

  /** A member has not answered in time. The door opens if it can without that answer. */
  #judgeSoFar(id: number): void {
    const question = this.#pending.soFar(id);
    if (question === undefined || this.#verdict(question).kind !== 'completed') return;
    this.#pending.end(id);
    this.counts.late += question.silent.length;
    this.#judge(question);
  }

  #judge(question: AnsweredQuestion): void {
    const verdict = this.#verdict(question);
    if (verdict.kind === 'completed') this.counts.joined += 1;
    this.#parts.onVerdict(question, verdict);
    if (verdict.kind === 'completed') this.#onCompletion(verdict.completion, question.whyNot);
  }

  #verdict(question: AnsweredQuestion): SpreadVerdict {
    return judgeSpread({ ...question, others: question.witnesses, policy: this.#parts.policy() });
  }

  #later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }
}

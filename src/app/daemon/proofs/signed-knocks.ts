import { KeyRate } from '../../../core/budget/key-rate.ts';
import type { Ciphers } from '../../../core/cipher/ciphers.ts';
import { DEFAULT_CLOCK_WINDOW } from '../../../core/config/file/config.ts';
import type { ProofOutcome } from '../../../core/control/proof-counts.ts';
import { acceptsProof, type DoorSpec } from '../../../core/door/door.ts';
import type { Event } from '../../../core/event/event.ts';
import { type Millis, millis, since } from '../../../core/net/time.ts';
import { type ProofJudgement, proveKnock } from '../../../core/proof/prove-knock.ts';
import {
  type RefusalWords,
  refusalWords,
  replyStatus,
  USED_ALREADY,
} from '../../../core/proof/refusal-words.ts';
import { REASONS } from '../../../core/say/reasons.ts';
import { Challenges } from '../../../core/signed/challenges.ts';
import { hasValidSignature } from '../../../core/signed/judge-knock.ts';
import { KNOCK } from '../../../core/signed/knock-layout.ts';
import type { ReplyStatus } from '../../../core/signed/knock-reply.ts';
import { NewestTimes } from '../../../core/signed/newest-times.ts';
import { type OpenedKnock, openKnock, type ServerKey } from '../../../core/signed/open-knock.ts';
import { usedUntil } from '../../../core/signed/used-knocks.ts';
import type { KeyOwner } from '../../../core/users/user-directory.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { OpenResult } from '../leases/lease-keeper-parts.ts';
import type { ProofCounters } from '../reporting/proof-counters.ts';
import { claimOf } from './claim-of.ts';
import { KEY_RATE, MAX_KEYS } from './key-limits.ts';
import type { OnProof } from './on-proof.ts';
import { OUTCOME_OF } from './outcome-of.ts';
import type { PayloadPacket } from './payload-packet.ts';
import type { ReplySender, ReplyTo } from './reply-sender.ts';
import { DROPPED_BY_KERNEL, IS_FROM_ELSEWHERE, SEAL_WORDS } from './signed-knock-words.ts';
import type { UseRecord } from './use-record.ts';

const SECRET_BYTES = 32;

export type SignedKnocksParts = {
  readonly ciphers: Ciphers;
  readonly clock: Clock;
  readonly inForce: ConfigInForce;
  readonly record: UseRecord;
  readonly replies: ReplySender;
  readonly keeper: LeaseKeeper;
  readonly counters: ProofCounters;
  readonly report: (event: Event) => void;
  /** The steps between a proof and its door, the same as for a sequence. */
  readonly admit: OnProof;
  /** A door was opened for the packet's source. */
  readonly onOpened: (packet: PayloadPacket) => void;
};

type Knock = Extract<OpenedKnock, { kind: 'knock' }>;
type Refused = Extract<ProofJudgement, { kind: 'refused' }>;

/** Judges signed knocks: whose they are, whether they are valid, and what follows. */
export class SignedKnocks {
  readonly #parts: SignedKnocksParts;
  readonly #challenges: Challenges;
  readonly #rate = new KeyRate(KEY_RATE, MAX_KEYS);
  /** Replays and refused knocks take nothing from the owner. */
  readonly #refusedRate = new KeyRate(KEY_RATE, MAX_KEYS);
  readonly #newest = new NewestTimes(MAX_KEYS);

  constructor(parts: SignedKnocksParts) {
    this.#parts = parts;
    this.#challenges = new Challenges(parts.ciphers, randomBytes(SECRET_BYTES));
  }

  /** The knock was used before. Its content is not examined again. */
  judgeUsed({ source }: PayloadPacket): void {
    this.#reportRefusal(source, { reason: USED_ALREADY, shortReason: USED_ALREADY });
  }

  /** Returns whether the knock is valid and was recorded as used. */
  judge(packet: PayloadPacket, key: ServerKey): boolean {
    const { ciphers, counters, inForce } = this.#parts;
    const { authority } = inForce;
    const opened = openKnock(ciphers, key, packet.payload);
    if (opened.kind === 'refused') {
      counters.outcome(opened.reason);
      const reason = SEAL_WORDS[opened.reason];
      this.#reportRefusal(packet.source, { reason, shortReason: reason });
      return false;
    }
    if (authority === undefined) return false;
    const judged = proveKnock(ciphers, opened.body, opened.point, {
      serverPublic: key.point,
      users: authority.users,
      doors: this.#doors(packet),
      from: packet.source,
      now: packet.at,
      window: this.#window,
      isForgotten: (time) => this.#parts.record.isForgotten(time),
      isChallenge: (challenge, { keyId }) => this.#isChallenge(challenge, keyId, packet),
    });
    if (judged.kind !== 'refused') return this.#accept(packet, opened, judged);
    this.#refuse(packet, opened, judged, key);
    return false;
  }

  get #window(): Millis {
    return this.#parts.inForce.current.settings.clockWindow ?? DEFAULT_CLOCK_WINDOW;
  }

  /** The doors that packets to this destination may open. */
  #doors({ isLocal, destination }: PayloadPacket): readonly DoorSpec[] {
    return this.#parts.inForce.current.doors.filter(
      (door) =>
        acceptsProof(door, 'key') && (door.target === undefined ? isLocal : door.target === destination),
    );
  }

  #isChallenge(challenge: Uint8Array, keyId: Uint8Array, { source }: PayloadPacket): boolean {
    return this.#challenges.isGood(challenge, keyId, source, this.#parts.clock.sinceBoot());
  }

  #refuse(packet: PayloadPacket, knock: Knock, judged: Refused, key: ServerKey): void {
    const { counters, record, replies } = this.#parts;
    const { reason, owner, isSigned } = judged;
    counters.outcome(reason);
    this.#reportRefusal(packet.source, refusalWords(judged, knock.body), owner);
    const status = replyStatus(reason);
    if (owner === undefined || status === undefined) return;
    const keyName = owner.key.fingerprint;
    const { time } = knock.body;
    const isNewer = this.#newest.isNewer(keyName, time);
    const about = { status, keyName, source: packet.source, isNewer };
    const isAnswered = this.#isAnswered(packet, knock) && replies.allows(about);
    const mayCountLater = !IS_FROM_ELSEWHERE[reason];
    if (!isAnswered && !mayCountLater) return;
    if (!isSigned && !this.#isSigned(knock, owner, key)) return;
    this.#newest.note(keyName, time);
    // A signed knock must not count later either, even after changes of clocks, users or doors.
    if (mayCountLater && this.#refusedRate.admit(`${isNewer} ${keyName}`, performance.now()))
      record.use(this.#useOf(packet, knock));
    if (isAnswered && replies.admits(about)) this.#reply(packet, knock, owner, status);
  }

  /** It was refused before its signature was checked. */
  #isSigned({ body, point }: Knock, owner: KeyOwner, key: ServerKey): boolean {
    return hasValidSignature(this.#parts.ciphers, owner.key.knockKey, body, point, key.point);
  }

  #accept(packet: PayloadPacket, knock: Knock, judged: Exclude<ProofJudgement, Refused>): boolean {
    const { counters, record, report } = this.#parts;
    const { owner } = judged;
    this.#newest.note(owner.key.fingerprint, knock.body.time);
    const answer = (status: ReplyStatus, left?: Millis): void => {
      if (this.#isAnswered(packet, knock)) this.#reply(packet, knock, owner, status, left);
    };
    const isTaken =
      this.#rate.admit(owner.key.fingerprint, performance.now()) && record.use(this.#useOf(packet, knock));
    if (!isTaken) {
      counters.outcome('busy');
      const reason = REASONS['knock-busy'];
      this.#reportRefusal(packet.source, { reason, shortReason: reason }, owner);
      answer('busy');
      return false;
    }
    if (judged.kind === 'close') {
      void this.#close(packet, judged).then((outcome) => answer(outcome === 'closed' ? 'open' : 'refused'));
      return true;
    }
    const { completion } = judged;
    const { user, fingerprint } = completion.proof;
    const { source, door } = completion;
    const by = { user, proof: 'key', credential: fingerprint } as const;
    report({ kind: 'completed', source, door: door.name, ...by });
    const whyNot = packet.isDroppedByKernel() ? DROPPED_BY_KERNEL : undefined;
    const use = claimOf(packet.at, this.#useOf(packet, knock));
    void this.#parts.admit(completion, whyNot, use).then((result) => this.#opened(packet, result, answer));
    return true;
  }

  #opened(
    packet: PayloadPacket,
    result: OpenResult,
    answer: (status: ReplyStatus, left?: Millis) => void,
  ): void {
    const { counters, clock, onOpened } = this.#parts;
    counters.outcome(OUTCOME_OF[result.kind]);
    switch (result.kind) {
      case 'opened':
      case 'extended':
        onOpened(packet);
        answer('open', millis(Math.max(0, since(clock.sinceBoot(), result.lease.due))));
        return;
      case 'runs':
        onOpened(packet);
        answer('open');
        return;
      case 'after-close':
        answer('busy');
        return;
      default:
        answer('refused');
    }
  }

  /** The user's own lease at the door, if nobody else holds it too. */
  async #close(
    { source }: PayloadPacket,
    { door, proof }: Extract<ProofJudgement, { kind: 'close' }>,
  ): Promise<ProofOutcome> {
    const { keeper, counters } = this.#parts;
    const lease = keeper.book.current(door.name, source);
    const isHis =
      lease?.isShared !== true && lease?.holders?.every(({ user }) => user === proof.user) === true;
    if (isHis) await Promise.all(keeper.close([lease]));
    const outcome = isHis ? 'closed' : 'refused';
    counters.outcome(outcome);
    return outcome;
  }

  #useOf({ payload, at }: PayloadPacket, { body }: Knock): Parameters<UseRecord['use']>[0] {
    const id = payload.slice(KNOCK.ephemeral, KNOCK.sealed);
    const { time } = body;
    return { id, time, until: usedUntil(time, at, this.#window) };
  }

  #isAnswered({ isLocal }: PayloadPacket, { body }: Knock): boolean {
    return body.wantsReply && isLocal && this.#parts.inForce.current.settings.reply !== 'no';
  }

  #reply(
    packet: PayloadPacket,
    { body, context }: Knock,
    { key }: KeyOwner,
    status: ReplyStatus,
    left?: Millis,
  ): void {
    const challenge = this.#challenges.make(body.keyId, packet.source, this.#parts.clock.sinceBoot());
    const to: ReplyTo = { packet, context, keyName: key.fingerprint, challenge };
    this.#parts.replies.send(to, status, left);
  }

  #reportRefusal(source: PayloadPacket['source'], words: RefusalWords, owner?: KeyOwner): void {
    const by = owner === undefined ? {} : { user: owner.user.name, credential: owner.key.fingerprint };
    this.#parts.report({ kind: 'proof-refused', source, proof: 'key', ...by, ...words });
  }
}

import { KnownSources } from '../../../core/budget/known-sources.ts';
import { WorkTokens } from '../../../core/budget/work-tokens.ts';
import { ALARM_CODES, ALARM_MS, CodeAlarm } from '../../../core/code/code-alarm.ts';
import { CurrentCodes, SKEW_STEPS } from '../../../core/code/current-codes.ts';
import { CODE_PERIOD, stepAt } from '../../../core/code/totp.ts';
import { codeDoors } from '../../../core/door/door.ts';
import type { Event } from '../../../core/event/event.ts';
import { type Instant, instant, seconds } from '../../../core/net/time.ts';
import { type Packet, packetSource } from '../../../core/packet/packet.ts';
import { codeWords, skewWords, wrongWords } from '../../../core/proof/code-words.ts';
import { type CodeJudgement, proveCode } from '../../../core/proof/prove-code.ts';
import type { RefusalWords } from '../../../core/proof/refusal-words.ts';
import { REASONS } from '../../../core/say/reasons.ts';
import type { User } from '../../../core/users/user.ts';
import { mayOpen, type UserDirectory } from '../../../core/users/user-directory.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import { nodeCiphers } from '../../../host/crypto/node-ciphers.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { OpenResult } from '../leases/lease-keeper-parts.ts';
import type { ProofUse } from '../leases/proof-use.ts';
import type { KnockedCode } from '../packets/code-packets.ts';
import { drawSecret } from '../packets/draw-secret.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { CodeCounters } from '../reporting/code-counters.ts';
import { CodeRecord } from './code-record.ts';
import { OUTCOME_OF } from './outcome-of.ts';

/** Twice as long as a code is valid. */
const CLAIM_MS = seconds(180);

const KNOWN_PLACES = 65_536;

/** The number of past leases that tell, at a start, which sources are known. */
const KNOWN_FROM_HISTORY = 4096;

/**
 * Rate of wrong codes that are reported. The log has its own limits; this one keeps a flood from allocating objects.
 */
const TOLD = { depth: 50, perSecond: 10 } as const;

/** Hashes spent on finding a wrong clock: 0.5 ms of work per second. */
const SKEW_WORK = { depth: 4000, perSecond: 200 } as const;

const DROPPED_BY_KERNEL = REASONS['kernel-code'];

export type CodeJudgeParts = {
  readonly inForce: ConfigInForce;
  readonly watch: KnockListener;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly keeper: LeaseKeeper;
  readonly counters: CodeCounters;
  readonly report: (event: Event) => void;
};

type Admit = (
  completion: Extract<CodeJudgement, { kind: 'open' }>['completion'],
  whyNot?: string,
  use?: ProofUse,
) => Promise<OpenResult>;

/** Judges knocked codes: whose they are, whether they are valid, and what follows. */
export class CodeJudge {
  readonly #parts: CodeJudgeParts;
  readonly #startedAt: Instant;
  /** For sources that have opened a door before, and for all others. */
  readonly #alarms = { known: new CodeAlarm(), strangers: new CodeAlarm() } as const;
  readonly #told = new WorkTokens(TOLD);
  readonly #skewWork = new WorkTokens(SKEW_WORK);
  readonly #known = new KnownSources(KNOWN_PLACES, drawSecret());
  #admit: Admit = () => Promise.resolve({ kind: 'nothing' });
  #record: CodeRecord | undefined;
  #users: UserDirectory | undefined;
  #codes = new CurrentCodes<User>(nodeCiphers, []);

  constructor(parts: CodeJudgeParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.wall();
  }

  /** Accepts codes from now on, if a door uses them. */
  listen(admit: Admit): void {
    this.#admit = admit;
    this.follow();
  }

  /** The current configuration has changed. */
  follow(): void {
    const { inForce, clock } = this.#parts;
    const doors = codeDoors(inForce.current.doors);
    const names = new Set(doors.map(({ name }) => name));
    for (const alarm of Object.values(this.#alarms)) alarm.keep(names);
    if (doors.length === 0) return;
    this.#begin();
    // OpenSSL looks up its algorithms at their first use. Done here, it does not delay the first code by milliseconds.
    this.#codesOfNow().find(-1, stepAt(clock.wall()));
  }

  /** All leases are closed, and pending writes are done. */
  end(): void {
    this.#record?.end();
  }

  /** Forgets the user's used codes. Returns whether there were any. */
  forgive(user: string): boolean {
    return this.#record?.forgive(user) === true;
  }

  judge(knocked: KnockedCode): void {
    const { packet, door, code, start, at } = knocked;
    const { guard } = this.#parts.watch;
    const matches = this.#codesOfNow().find(code, stepAt(instant(at)));
    const record = this.#record;
    if (matches.length === 0 || record === undefined) {
      this.#countWrong(knocked);
      return;
    }
    const judged = proveCode(matches, {
      ...{ door, start, used: record.used },
      from: packetSource(packet),
      now: instant(at),
      isGuarded: guard.isInCodePenalty(packet, at) || this.#alarmOf(packet).isRaised(door.name, at),
      hasTouchedSince: (time) => guard.hasTouchedSince(packet, time, at),
    });
    if (judged.kind === 'wrong') this.#countWrong(knocked);
    else if (judged.kind === 'refused') this.#refuse(knocked, judged, record);
    else this.#open(knocked, judged, record);
  }

  #begin(): void {
    if (this.#record !== undefined) return;
    const { store, report, keeper } = this.#parts;
    const alongside = (write: () => void): Promise<void> => keeper.records.alongside(write);
    this.#record = new CodeRecord({ store, report, alongside }, this.#startedAt);
    try {
      for (const { source } of store.history(KNOWN_FROM_HISTORY)) this.#known.add(source);
    } catch {
      // Without the history no source is known yet. The read error has been reported.
    }
  }

  #codesOfNow(): CurrentCodes<User> {
    const users = this.#parts.inForce.authority?.users;
    if (users === this.#users) return this.#codes;
    this.#users = users;
    const secrets = (users?.users ?? []).flatMap((owner) =>
      owner.code === undefined ? [] : [{ owner, secret: owner.code.secret }],
    );
    this.#codes = new CurrentCodes(nodeCiphers, secrets);
    return this.#codes;
  }

  /** Guesses by strangers do not slow down known sources. */
  #alarmOf({ family, source0, source1, source2, source3 }: Packet): CodeAlarm {
    const isKnown = this.#known.has(family, source0, source1, source2, source3);
    return isKnown ? this.#alarms.known : this.#alarms.strangers;
  }

  #countWrong(knocked: KnockedCode): void {
    const { packet, door, code, at } = knocked;
    const { counters, watch, report } = this.#parts;
    const isPenaltyNew = watch.guard.touchByCode(packet, code, at);
    const alarm = this.#alarmOf(packet);
    if (alarm.note(door.name, at)) {
      const who = alarm === this.#alarms.known ? 'addresses that have opened a door before' : 'strangers';
      const text = `${door.name}: ${ALARM_CODES} wrong codes by ${who} within ${ALARM_MS / 3_600_000} h; until there are fewer, they need two right codes in a row`;
      report({ kind: 'warning', text });
    }
    const skewed = this.#findSkewed(knocked);
    counters.outcome(skewed === undefined ? 'wrong' : 'skewed');
    if (!this.#told.take(1, performance.now())) {
      watch.traces.addCode(packet, 'code-wrong', at);
      return;
    }
    const words =
      skewed === undefined
        ? wrongWords(isPenaltyNew)
        : skewWords(skewed.owner.name, stepAt(instant(at)) - skewed.step, CODE_PERIOD);
    this.#reportRefusal(knocked, words, skewed?.owner.name);
  }

  #findSkewed({ door, code, at }: KnockedCode) {
    const work = this.#codes.size * 2 * SKEW_STEPS;
    if (!this.#skewWork.take(work, performance.now())) return undefined;
    return this.#codes.findSkewed(code, stepAt(instant(at)), (user) => mayOpen(user, door, 'code'));
  }

  #refuse(
    knocked: KnockedCode,
    judged: Extract<CodeJudgement, { kind: 'refused' }>,
    record: CodeRecord,
  ): void {
    const now = instant(knocked.at);
    this.#parts.counters.outcome(judged.reason);
    if (judged.use !== undefined) record.use(judged.use);
    this.#reportRefusal(knocked, codeWords(judged, now, stepAt(now)), judged.user.name);
  }

  #open(
    knocked: KnockedCode,
    { completion, use }: Extract<CodeJudgement, { kind: 'open' }>,
    record: CodeRecord,
  ): void {
    const { counters, report } = this.#parts;
    if (!record.use(use)) {
      counters.outcome('busy');
      const reason = REASONS['code-busy'];
      this.#reportRefusal(knocked, { reason, shortReason: reason }, use.user);
      return;
    }
    const { source, door, proof } = completion;
    report({ kind: 'completed', source, door: door.name, user: proof.user, proof: 'code' });
    const whyNot = knocked.isDroppedByKernel() ? DROPPED_BY_KERNEL : undefined;
    const identity = `${proof.fingerprint} ${use.step}`;
    void this.#admit(completion, whyNot, { identity, lifetime: CLAIM_MS }).then(({ kind }) => {
      counters.outcome(OUTCOME_OF[kind]);
      if (kind === 'opened' || kind === 'extended' || kind === 'runs') this.#known.add(source);
    });
  }

  #reportRefusal({ packet }: KnockedCode, words: RefusalWords, user?: string): void {
    const by = user === undefined ? {} : { user };
    const source = packetSource(packet);
    this.#parts.report({ kind: 'proof-refused', source, proof: 'code', ...by, ...words });
  }
}

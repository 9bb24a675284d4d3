import type { ProofCompletion } from '../../core/attempt/completion.ts';
import type { HashKey } from '../../core/attempt/keyed-hash.ts';
import type { ScanGuard } from '../../core/attempt/scan-guard.ts';
import { CodeAlarm } from '../../core/code/code-alarm.ts';
import { CodeEngine } from '../../core/code/code-engine.ts';
import { CurrentCodes } from '../../core/code/current-codes.ts';
import { Guesses } from '../../core/code/guesses.ts';
import { CODE_PERIOD, stepAt } from '../../core/code/totp.ts';
import { UsedCodes } from '../../core/code/used-codes.ts';
import type { CodeDoor } from '../../core/door/door.ts';
import type { LogEvent } from '../../core/event/event.ts';
import type { Address } from '../../core/net/address.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { type Packet, packetSource } from '../../core/packet/packet.ts';
import { codeWords, skewWords, wrongWords } from '../../core/proof/code-words.ts';
import { proveCode } from '../../core/proof/prove-code.ts';
import type { RefusalWords } from '../../core/proof/refusal-words.ts';
import type { User } from '../../core/users/user.ts';
import { mayOpen } from '../../core/users/user-directory.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';

/** First halves that wait for the second. */
const HALVES = 4096;

/** Before any possible step: no code was used before the file begins. */
const NO_FLOOR = -1;

export type CodeRehearsalParts = {
  readonly doors: readonly CodeDoor[];
  readonly users: readonly User[];
  readonly guard: ScanGuard;
  readonly secret: HashKey;
  /** The wall-clock time at time 0 of the packets. */
  readonly epoch: Instant;
};

/** The result of a knocked code. */
export type CodeResult = { readonly event: LogEvent; readonly completion?: ProofCompletion };

/** The daemon's decisions about codes, with packet times in place of real time, and nothing used before the first packet. */
export class CodeRehearsal {
  readonly #parts: CodeRehearsalParts;
  readonly #engine: CodeEngine;
  readonly #guesses = new Guesses();
  readonly #codes: CurrentCodes<User>;
  readonly #used = new UsedCodes({ floor: NO_FLOOR, used: [] });
  /** For sources that have opened a door before, and for all others. */
  readonly #alarms = { known: new CodeAlarm(), strangers: new CodeAlarm() } as const;
  readonly #known = new Set<Address>();

  constructor(parts: CodeRehearsalParts) {
    this.#parts = parts;
    this.#engine = new CodeEngine(HALVES, parts.secret);
    this.#engine.follow(parts.doors);
    const secrets = parts.users.flatMap((owner) =>
      owner.code === undefined ? [] : [{ owner, secret: owner.code.secret }],
    );
    this.#codes = new CurrentCodes(nodeCiphers, secrets);
  }

  /** Returns whether the packet was half of a code, or completed one, which `judge` judges then. */
  offer(packet: Packet, time: Instant): 'code-half' | 'code' | undefined {
    if (!this.#engine.watches(packet)) return undefined;
    if (!this.#engine.offer(packet, true, this.#wall(time), this.#guesses)) return undefined;
    return this.#guesses.count === 0 ? 'code-half' : 'code';
  }

  /** Judges the codes that the packet offered last has completed, one for each door with its ports. */
  judge(packet: Packet, time: Instant): readonly CodeResult[] {
    const guesses = this.#guesses;
    return Array.from({ length: guesses.count }, (_, i) =>
      this.#judge(packet, time, { door: guesses.door(i), code: guesses.code(i), start: guesses.start(i) }),
    );
  }

  #judge(
    packet: Packet,
    time: Instant,
    { door, code, start }: { readonly door: CodeDoor; readonly code: number; readonly start: number },
  ): CodeResult {
    const { guard } = this.#parts;
    const now = this.#wall(time);
    const from = packetSource(packet);
    const judged = proveCode(this.#codes.find(code, stepAt(now)), {
      ...{ door, from, now, start, used: this.#used },
      isGuarded: guard.isInCodePenalty(packet, now) || this.#alarmOf(from).isRaised(door.name, now),
      hasTouchedSince: (moment) => guard.hasTouchedSince(packet, moment, now),
    });
    if (judged.kind === 'wrong') return this.#wrong(packet, now, door, code);
    if (judged.use !== undefined) this.#used.use(judged.use);
    if (judged.kind === 'refused')
      return refusal(from, codeWords(judged, now, stepAt(now)), judged.user.name);
    this.#known.add(from);
    const { user } = judged.completion.proof;
    return {
      event: { kind: 'completed', source: from, door: door.name, user, proof: 'code' },
      completion: { ...judged.completion, at: time },
    };
  }

  #wrong(packet: Packet, now: Instant, door: CodeDoor, code: number): CodeResult {
    const from = packetSource(packet);
    const isPenaltyNew = this.#parts.guard.touchByCode(packet, code, now);
    this.#alarmOf(from).note(door.name, now);
    const skewed = this.#codes.findSkewed(code, stepAt(now), (user) => mayOpen(user, door, 'code'));
    if (skewed === undefined) return refusal(from, wrongWords(isPenaltyNew));
    const { name } = skewed.owner;
    return refusal(from, skewWords(name, stepAt(now) - skewed.step, CODE_PERIOD), name);
  }

  /** Guesses by strangers do not slow down known sources. */
  #alarmOf(source: Address): CodeAlarm {
    return this.#known.has(source) ? this.#alarms.known : this.#alarms.strangers;
  }

  #wall(time: Instant): Instant {
    return instant(this.#parts.epoch + time);
  }
}

function refusal(source: Address, words: RefusalWords, user?: string): CodeResult {
  const by = user === undefined ? {} : { user };
  return { event: { kind: 'proof-refused', source, proof: 'code', ...by, ...words } };
}

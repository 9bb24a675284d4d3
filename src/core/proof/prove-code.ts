import { completeByProof, type Proof, type ProofCompletion } from '../attempt/completion.ts';
import type { CodeMatch } from '../code/current-codes.ts';
import type { UsedCode, UsedCodes } from '../code/used-codes.ts';
import { compileAdmission } from '../door/admission.ts';
import type { CodeDoor } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import type { User } from '../users/user.ts';
import { mayOpen } from '../users/user-directory.ts';

/** The context in which a code is judged. */
export type CodeSituation = {
  readonly door: CodeDoor;
  readonly from: Address;
  /** The packet's time, by the wall clock. */
  readonly now: Instant;
  readonly used: UsedCodes;
  /** Whether the source has touched a decoy port, or knocked a wrong code, since this moment. */
  readonly hasTouchedSince: (time: number) => boolean;
  /** When the first half arrived. */
  readonly start: number;
  /** One right code is not enough, for this source or for all unknown sources at the door. */
  readonly isGuarded: boolean;
};

/**
 * `used`: this one, or a later one · `forgotten`: it may have been used · `touched`: a decoy port between its halves ·
 * `first`: of the two that the source needs · the others concern the user.
 */
export type CodeRefusal = 'used' | 'forgotten' | 'touched' | 'first' | 'off' | 'expired' | 'address';

export type CodeJudgement =
  | { readonly kind: 'open'; readonly completion: ProofCompletion; readonly use: UsedCode }
  /** `use`: the code must not count again, since others may have seen it. */
  | {
      readonly kind: 'refused';
      readonly user: User;
      readonly reason: CodeRefusal;
      readonly step: number;
      readonly last?: UsedCode;
      readonly use?: UsedCode;
    }
  | { readonly kind: 'wrong' };

/** Judges a knocked code. `matches`: the users whose code it is now. */
export function proveCode(matches: readonly CodeMatch<User>[], situation: CodeSituation): CodeJudgement {
  let refused: CodeJudgement | undefined;
  for (const match of matches) {
    if (!mayOpen(match.owner, situation.door, 'code')) continue;
    const judged = judge(match, situation);
    if (judged.kind === 'open') return judged;
    refused ??= judged;
  }
  return refused ?? { kind: 'wrong' };
}

function judge({ owner: user, step }: CodeMatch<User>, situation: CodeSituation): CodeJudgement {
  const { door, from, now, used } = situation;
  const known = used.judge(user.name, door.name, step, from);
  if (known.kind === 'used') return { kind: 'refused', user, step, reason: 'used', last: known.last };
  if (known.kind === 'forgotten') return { kind: 'refused', user, step, reason: 'forgotten' };
  const again = known.kind === 'again' ? known.last : undefined;
  const seen: UsedCode = again ?? { user: user.name, door: door.name, step, source: from, at: now };
  const reason = refusalOf(user, step, situation, again);
  if (reason !== undefined) return { kind: 'refused', user, step, reason, use: seen };
  const fingerprint = user.code?.fingerprint ?? '';
  const proof: Proof = { kind: 'code', user: user.name, fingerprint };
  return {
    kind: 'open',
    completion: completeByProof(door, from, now, proof),
    use: { ...seen, hasOpened: true },
  };
}

function refusalOf(
  { name, isOff, until, from: networks }: User,
  step: number,
  { door, from, now, used, start, isGuarded, hasTouchedSince }: CodeSituation,
  again: UsedCode | undefined,
): CodeRefusal | undefined {
  if (isOff === true) return 'off';
  if (until !== undefined && until <= now) return 'expired';
  if (networks !== undefined && !compileAdmission({ allow: networks })(from)) return 'address';
  if (hasTouchedSince(start)) return 'touched';
  // A source that has already opened the door by this code has proved itself.
  if (!isGuarded || again?.hasOpened === true) return undefined;
  const last = used.last(name, door.name);
  const isSecond = last?.step === step - 1 && last.source === from && !hasTouchedSince(last.at);
  return isSecond ? undefined : 'first';
}

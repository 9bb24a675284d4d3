import { completeByProof, type Proof, type ProofCompletion } from '../attempt/completion.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Instant, Millis } from '../net/time.ts';
import { judgeKnock, type KnockRefusal } from '../signed/judge-knock.ts';
import type { KnockBody } from '../signed/knock-body.ts';
import { doorFor, type KeyOwner, type UserDirectory } from '../users/user-directory.ts';

/** The context in which a signed knock is judged. */
export type ProofSituation = {
  readonly serverPublic: Uint8Array;
  readonly users: UserDirectory;
  /** The doors that packets to this destination may open. */
  readonly doors: readonly DoorSpec[];
  /** The packet's source. */
  readonly from: Address;
  /** The packet's time, by the wall clock. */
  readonly now: Instant;
  readonly window: Millis;
  /** Whether a knock of this time may have been used without being in the record. */
  readonly isForgotten: (time: Instant) => boolean;
  readonly isChallenge: (challenge: Uint8Array, body: KnockBody) => boolean;
};

/**
 * `door`: the user may not open it, or it is unclear which one is meant · `unbound`: the door requires the source to be
 * named.
 */
export type ProofRefusal = KnockRefusal | 'door' | 'unbound';

export type ProofJudgement =
  | { readonly kind: 'open'; readonly owner: KeyOwner; readonly completion: ProofCompletion }
  /** Close the user's own lease at the door. */
  | { readonly kind: 'close'; readonly owner: KeyOwner; readonly proof: Proof; readonly door: DoorSpec }
  /** `isSigned`: its signature is valid; false: it is not, or was not checked. */
  | {
      readonly kind: 'refused';
      readonly reason: ProofRefusal;
      readonly isSigned: boolean;
      readonly owner?: KeyOwner;
      readonly behind?: Millis;
    };

/** The checks after decryption: whose key it is, whether the user may knock this way, and which door that opens. */
export function proveKnock(
  ciphers: Ciphers,
  body: KnockBody,
  point: Uint8Array,
  situation: ProofSituation,
): ProofJudgement {
  const { users, doors, from, now } = situation;
  const owner = users.findKey(body.keyId);
  const judged = judgeKnock(ciphers, body, point, { ...situation, keyOf: () => owner?.key.knockKey });
  const whose = owner === undefined ? {} : { owner };
  if (judged.kind === 'refused') {
    const { reason, isSigned, behind } = judged;
    return { kind: 'refused', reason, isSigned, ...whose, ...(behind === undefined ? {} : { behind }) };
  }
  const refused = (reason: ProofRefusal): ProofJudgement => ({
    kind: 'refused',
    reason,
    isSigned: true,
    ...whose,
  });
  if (owner === undefined) return refused('unknown key');
  const door = doorFor(owner.user, body.door, doors);
  if (door === undefined) return refused('door');
  if (door.requireSource === true && body.source === undefined) return refused('unbound');
  const proof: Proof = { kind: 'key', user: owner.user.name, fingerprint: owner.key.fingerprint };
  if (body.kind === 'close') return { kind: 'close', owner, proof, door };
  return { kind: 'open', owner, completion: completeByProof(door, from, now, proof, body.length) };
}

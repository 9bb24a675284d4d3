import type { Ciphers } from '../cipher/ciphers.ts';
import type { Address } from '../net/address.ts';
import { type Instant, type Millis, millis, since } from '../net/time.ts';
import type { AuthorizedKey } from '../ssh/authorized-key.ts';
import { judgeSignature, TOKEN_FLAG } from '../ssh/ssh-signature.ts';
import type { KnockBody } from './knock-body.ts';
import { signedText } from './seal-knock.ts';

/** A knock counts if its time is so near to the server's. */
export const CLOCK_WINDOW_MS = millis(60_000);

/** A key that may sign knocks: as its owner's line says, or off by the operator's word. */
export type KnockKey = AuthorizedKey & { readonly isOff?: boolean };

/** What a knock is judged beside. */
export type KnockSituation = {
  readonly serverPublic: Uint8Array;
  /** The packet's source. */
  readonly from: Address;
  /** The packet's time, by the wall clock. */
  readonly now: Instant;
  readonly window: Millis;
  /** Times up to this one count no more: what was taken by then is not all remembered. */
  readonly floor?: Instant;
  /** The key of this id, if there is one. */
  readonly keyOf: (keyId: Uint8Array) => KnockKey | undefined;
  /** Whether this server has asked for it, a moment ago. */
  readonly isChallenge: (challenge: Uint8Array, body: KnockBody) => boolean;
};

export type KnockRefusal =
  | 'unknown key'
  | 'source'
  | 'key source'
  | 'key expired'
  | 'key off'
  | 'signature'
  | 'clock'
  | 'forgotten'
  | 'challenge';

export type KnockJudgement =
  | { readonly kind: 'good'; readonly key: KnockKey }
  /**
   * `isSigned`: its signature is good; false where it is not, or has not been looked at. `behind`: by how much the sender's
   * clock is behind; negative where it is ahead.
   */
  | {
      readonly kind: 'refused';
      readonly reason: KnockRefusal;
      readonly isSigned: boolean;
      readonly key?: KnockKey;
      readonly behind?: Millis;
    };

/**
 * The checks after the seal, in the order of their costs. The signature comes before the time, however far off that is: it
 * may be the server's clock that is wrong, and only a knock with a good signature is answered with a challenge.
 */
export function judgeKnock(
  ciphers: Ciphers,
  body: KnockBody,
  point: Uint8Array,
  situation: KnockSituation,
): KnockJudgement {
  const key = situation.keyOf(body.keyId);
  if (key === undefined) return { kind: 'refused', reason: 'unknown key', isSigned: false };
  const early = sourceRefusal(body, key, situation);
  const isSigned =
    early === undefined && hasValidSignature(ciphers, key, body, point, situation.serverPublic);
  const reason = early ?? (isSigned ? timeRefusal(body, situation) : 'signature');
  if (reason === undefined) return { kind: 'good', key };
  const behind = reason === 'clock' ? { behind: since(body.time, situation.now) } : {};
  return { kind: 'refused', reason, key, isSigned, ...behind };
}

function sourceRefusal(
  { source }: KnockBody,
  { admits, until, isOff }: KnockKey,
  { from, now }: KnockSituation,
): KnockRefusal | undefined {
  if (source !== undefined && source !== from) return 'source';
  if (admits?.(from) === false) return 'key source';
  if (isOff === true) return 'key off';
  return until !== undefined && now >= until ? 'key expired' : undefined;
}

/** Whether its key has signed it, with the touch or PIN that the key's line asks for. */
export function hasValidSignature(
  ciphers: Ciphers,
  { key, mayBeUntouched = false, mustBeVerified = false }: KnockKey,
  body: KnockBody,
  point: Uint8Array,
  serverPublic: Uint8Array,
): boolean {
  const text = signedText(ciphers, serverPublic, point, body.head);
  const judgement = judgeSignature(ciphers, key, text, body.signature);
  if (judgement.kind === 'bad') return false;
  const { flags } = judgement;
  // As in sshd(8), these options say nothing about keys that no token holds.
  if (flags === undefined) return true;
  const isTouched = mayBeUntouched || (flags & TOKEN_FLAG.touched) !== 0;
  return isTouched && (!mustBeVerified || (flags & TOKEN_FLAG.verified) !== 0);
}

function timeRefusal(
  body: KnockBody,
  { now, window, floor, isChallenge }: KnockSituation,
): KnockRefusal | undefined {
  const { challenge, time } = body;
  if (challenge !== undefined) return isChallenge(challenge, body) ? undefined : 'challenge';
  if (Math.abs(since(time, now)) > window) return 'clock';
  return floor !== undefined && time <= floor ? 'forgotten' : undefined;
}

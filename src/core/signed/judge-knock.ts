import type { Ciphers } from '../cipher/ciphers.ts';
import type { Address } from '../net/address.ts';
import { type Instant, type Millis, millis, since } from '../net/time.ts';
import type { AuthorizedKey } from '../ssh/authorized-key.ts';
import { judgeSignature, TOKEN_FLAG } from '../ssh/ssh-signature.ts';
import type { KnockBody } from './knock-body.ts';
import { signedText } from './seal-knock.ts';

/** A knock is valid if its time is this close to the server's. */
export const CLOCK_WINDOW_MS = millis(60_000);

/** A key that may sign knocks, restricted by its line, or disabled by the operator. */
export type KnockKey = AuthorizedKey & { readonly isOff?: boolean };

/** The context in which a knock is judged. */
export type KnockSituation = {
  readonly serverPublic: Uint8Array;
  /** The packet's source. */
  readonly from: Address;
  /** The packet's time, by the wall clock. */
  readonly now: Instant;
  readonly window: Millis;
  /** Whether a knock of this time may have been used without being in the record. Absent: none may. */
  readonly isForgotten?: (time: Instant) => boolean;
  /** The key with this id, if there is one. */
  readonly keyOf: (keyId: Uint8Array) => KnockKey | undefined;
  /** Whether this server issued it recently. */
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
   * `isSigned`: its signature is valid; false: it is not, or was not checked. `behind`: by how much the sender's clock
   * is behind; negative: ahead.
   */
  | {
      readonly kind: 'refused';
      readonly reason: KnockRefusal;
      readonly isSigned: boolean;
      readonly key?: KnockKey;
      readonly behind?: Millis;
    };

/**
 * The checks after decryption, cheapest first. The signature is checked before the time, however wrong that is: the
 * server's own clock may be wrong, and only a knock with a valid signature is answered with a challenge.
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

/** Whether its key signed it, with the touch or PIN that the key's line requires. */
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
  // As in sshd(8), these options have no effect on keys that are not on a token.
  if (flags === undefined) return true;
  const isTouched = mayBeUntouched || (flags & TOKEN_FLAG.touched) !== 0;
  return isTouched && (!mustBeVerified || (flags & TOKEN_FLAG.verified) !== 0);
}

function timeRefusal(
  body: KnockBody,
  { now, window, isForgotten, isChallenge }: KnockSituation,
): KnockRefusal | undefined {
  const { challenge, time } = body;
  if (challenge !== undefined) return isChallenge(challenge, body) ? undefined : 'challenge';
  if (Math.abs(since(time, now)) > window) return 'clock';
  return isForgotten?.(time) === true ? 'forgotten' : undefined;
}

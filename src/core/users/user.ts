import type { Prefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import type { KnockKey } from '../signed/judge-knock.ts';
import type { SpaCredential } from '../spa/spa-credential.ts';

/** A public key that its user's knocks are signed by. */
export type UserKey = {
  /** What its line in the users file says; the user's own `from`, `until` and `off` are in it too. */
  readonly knockKey: KnockKey;
  /** As ssh-keygen shows it: `SHA256:…`. */
  readonly fingerprint: string;
  /** By which a signed knock names it. */
  readonly id: Uint8Array;
};

/** What its user's packets of fwknop are sealed with. */
export type UserSpa = {
  readonly credential: SpaCredential;
  /** `SPA:` and 24 bits of its hash: it tells keys apart, and is too short to confirm a guess of one. */
  readonly fingerprint: string;
  /** The name that a packet has to carry; absent: any. */
  readonly spaUser?: string;
};

/** The secret that an authenticator app makes codes from. */
export type UserCode = {
  readonly secret: Uint8Array;
  /** `CODE:` and some of its hash. */
  readonly fingerprint: string;
};

/** One section of the users file: a person, and what proves that it is he. */
export type User = {
  readonly name: string;
  readonly keys: readonly UserKey[];
  readonly code?: UserCode;
  readonly spa: readonly UserSpa[];
  /** Names of the doors that he may open; absent: each that accepts his proof. */
  readonly doors?: readonly string[];
  /** Where he may knock from; absent: anywhere. Never empty. */
  readonly from?: readonly Prefix[];
  /** By the wall clock: he may knock before this. */
  readonly until?: Instant;
  /** Nothing of his counts. */
  readonly isOff?: true;
};

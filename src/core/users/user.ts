import type { Prefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import type { KnockKey } from '../signed/judge-knock.ts';
import type { SpaCredential } from '../spa/spa-credential.ts';

/** A public key that verifies its user's knocks. */
export type UserKey = {
  /** The content of its line in the users file, including the user's own `from`, `until` and `off`. */
  readonly knockKey: KnockKey;
  /** As ssh-keygen shows it: `SHA256:…`. */
  readonly fingerprint: string;
  /** The id by which a signed knock names it. */
  readonly id: Uint8Array;
};

/** The key of a user's fwknop packets. */
export type UserSpa = {
  readonly credential: SpaCredential;
  /** `SPA:` and 24 bits of its hash: enough to tell keys apart, too few to confirm a guess. */
  readonly fingerprint: string;
  /** The user name that a packet must carry. Absent: any. */
  readonly spaUser?: string;
};

/** The secret from which an authenticator app computes codes. */
export type UserCode = {
  readonly secret: Uint8Array;
  /** `CODE:` and a part of its hash. */
  readonly fingerprint: string;
};

/** A section of the users file: a person and the credentials. */
export type User = {
  readonly name: string;
  readonly keys: readonly UserKey[];
  readonly code?: UserCode;
  readonly spa: readonly UserSpa[];
  /** Doors that the user may open. Absent: each that accepts his proof. */
  readonly doors?: readonly string[];
  /** Sources that he may knock from. Absent: any. Never empty. */
  readonly from?: readonly Prefix[];
  /** By the wall clock: he may knock until then. */
  readonly until?: Instant;
  /** The user is disabled. */
  readonly isOff?: true;
};

/** Proofs that identify a user: an SSH key, an authenticator app's code, or the key of an fwknop packet. */
export const USER_PROOFS = ['key', 'code', 'spa'] as const;

export type UserProof = (typeof USER_PROOFS)[number];

/** What holds a lease: a user's proof, or another member of the fleet. */
export const HOLDER_KINDS = [...USER_PROOFS, 'member'] as const;

export type HolderKind = (typeof HOLDER_KINDS)[number];

/** How a client proves that a door may open for it. */
export type ProofKind = 'sequence' | UserProof;

export const PROOF_KINDS: readonly ProofKind[] = ['sequence', ...USER_PROOFS];

export const isUserProof = (kind: ProofKind): kind is UserProof => kind !== 'sequence';

/** The name of a proof in a sentence. */
export const PROOF_NOUNS: Readonly<Record<HolderKind, string>> = {
  member: 'lease',
  key: 'signed knock',
  code: 'code',
  spa: 'SPA packet',
};

/** Proofs that say whose they are: an SSH key, an authenticator app's code, or the key that fwknop's packets are sealed with. */
export const USER_PROOFS = ['key', 'code', 'spa'] as const;

export type UserProof = (typeof USER_PROOFS)[number];

/** How somebody proves that a door may open for him. */
export type ProofKind = 'sequence' | UserProof;

export const PROOF_KINDS: readonly ProofKind[] = ['sequence', ...USER_PROOFS];

export const isUserProof = (kind: ProofKind): kind is UserProof => kind !== 'sequence';

/** What a proof is called in a sentence. */
export const PROOF_NOUNS: Readonly<Record<UserProof, string>> = {
  key: 'signed knock',
  code: 'code',
  spa: 'SPA packet',
};

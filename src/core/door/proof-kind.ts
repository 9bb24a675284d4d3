/** How somebody proves that a door may open for him. */
export type ProofKind = 'sequence' | 'key';

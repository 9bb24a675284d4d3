import { REASONS } from '../say/reasons.ts';

const { banned, revoked, full, busy, cooling } = REASONS;

/** Reasons for refusing a request to open, as logged and shown to the operator. */
export const REFUSED = { banned, revoked, full, busy, cooling } as const;

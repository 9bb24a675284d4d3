import type { Proof } from '../attempt/completion.ts';
import { HOLDER_KINDS } from '../door/proof-kind.ts';
import { LEASE_ENDS, type Lease } from '../lease/lease.ts';
import type { PastLease } from '../lease/past-lease.ts';
import type { Instant, Millis } from '../net/time.ts';
import { list, optional, record, word } from './reader.ts';
import { ADDRESS, FLAG, LEASE_ID, MOMENT, SPAN, TEXT, YES } from './value-readers.ts';

/** A lease for display. Moments are by the wall clock. */
export type LeaseStatus = Pick<
  Lease,
  'id' | 'door' | 'source' | 'state' | 'holders' | 'isShared' | 'byOperator' | 'orderedBy' | 'startFailure'
> & {
  /** The prefix that it lets in, if that is more than the source. */
  readonly prefix?: string;
  /** As the configuration writes them; '' if it only runs a command. */
  readonly ports: string;
  readonly since: Instant;
  readonly until: Instant;
  readonly left: Millis;
  /** A connection keeps it open beyond its time. */
  readonly held: boolean;
  /** It could not be closed yet: how its stop command last ended. */
  readonly stopFailure?: string;
};

const PROOF = record<Proof>({ kind: word(...HOLDER_KINDS), user: TEXT, fingerprint: TEXT });

const HOLDERS = { holders: optional(list(PROOF)), isShared: optional(YES) };

export const LEASE_STATUS = record<LeaseStatus>({
  id: LEASE_ID,
  door: TEXT,
  source: ADDRESS,
  state: word('opening', 'open', 'closing'),
  prefix: optional(TEXT),
  ports: TEXT,
  since: MOMENT,
  until: MOMENT,
  left: SPAN,
  held: FLAG,
  ...HOLDERS,
  byOperator: optional(YES),
  orderedBy: optional(TEXT),
  startFailure: optional(TEXT),
  stopFailure: optional(TEXT),
});

export const PAST_LEASE = record<PastLease>({
  id: LEASE_ID,
  door: TEXT,
  source: ADDRESS,
  ports: TEXT,
  sinceWall: MOMENT,
  at: MOMENT,
  lasted: SPAN,
  how: word(...LEASE_ENDS),
  ...HOLDERS,
  byOperator: optional(YES),
  orderedBy: optional(TEXT),
  startFailure: optional(TEXT),
  stopFailure: optional(TEXT),
  closedBy: optional(TEXT),
});

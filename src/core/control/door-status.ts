import type { PendingAttempt } from '../attempt/pending-attempt.ts';
import { PROOF_KINDS, type ProofKind } from '../door/proof-kind.ts';
import type { Millis } from '../net/time.ts';
import { list, optional, record, word } from './reader.ts';
import { ADDRESS, FLAG, MOMENT, NUMBER, SPAN, TEXT } from './value-readers.ts';

/** Counts of one door, since the start or since the door was configured. */
export type DoorCounts = { readonly [K in 'completed' | 'opened' | 'closed' | 'refused']: number };

/** A door, without its secret sequence. */
export type DoorStatus = {
  readonly name: string;
  /** As the configuration writes them; '' if the door only runs commands. */
  readonly ports: string;
  /** It runs a command to open. */
  readonly command: boolean;
  readonly openFor: Millis;
  readonly leases: number;
  readonly maxLeases: number;
  readonly oneTime: boolean;
  /** The proofs that open it. Absent: only its sequence. */
  readonly accept?: readonly ProofKind[];
  /** Why no knock can open it now. */
  readonly shut?: string;
  readonly counts: DoorCounts;
};

export const DOOR_STATUS = record<DoorStatus>({
  name: TEXT,
  ports: TEXT,
  command: FLAG,
  openFor: SPAN,
  leases: NUMBER,
  maxLeases: NUMBER,
  oneTime: FLAG,
  accept: optional(list(word(...PROOF_KINDS))),
  shut: optional(TEXT),
  counts: record<DoorCounts>({ completed: NUMBER, opened: NUMBER, closed: NUMBER, refused: NUMBER }),
});

export const PENDING_ATTEMPT = record<PendingAttempt>({
  source: ADDRESS,
  door: TEXT,
  stage: NUMBER,
  stages: NUMBER,
  since: MOMENT,
});

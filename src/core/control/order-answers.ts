import { LEASE_STATUS, type LeaseStatus } from './lease-status.ts';
import { optional, record, word } from './reader.ts';
import { NUMBER, YES } from './value-readers.ts';

/** The result of `open`. `command`: state of the start command, if there is one. */
export type OpenAnswer = {
  readonly outcome: 'opened' | 'extended' | 'runs' | 'after-close';
  readonly lease?: LeaseStatus;
  readonly command?: 'ok' | 'failed' | 'running';
  /** The door's `allow` and `deny` would have refused this address. */
  readonly notAdmitted?: true;
};

export type ExtendAnswer = { readonly lease: LeaseStatus };

/** `closing`: leases not closed yet, because a command runs or the firewall cannot be reached. */
export type CloseAnswer = { readonly closed: number; readonly closing: number };

export const OPEN_ANSWER = record<OpenAnswer>({
  outcome: word('opened', 'extended', 'runs', 'after-close'),
  lease: optional(LEASE_STATUS),
  command: optional(word('ok', 'failed', 'running')),
  notAdmitted: optional(YES),
});

export const EXTEND_ANSWER = record<ExtendAnswer>({ lease: LEASE_STATUS });

export const CLOSE_ANSWER = record<CloseAnswer>({ closed: NUMBER, closing: NUMBER });

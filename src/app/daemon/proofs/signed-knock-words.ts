import type { ProofRefusal } from '../../../core/proof/prove-knock.ts';
import { REASONS } from '../../../core/say/reasons.ts';
import type { SealReason } from '../../../core/signed/open-knock.ts';

export const DROPPED_BY_KERNEL = REASONS['kernel-knock'];

export const SEAL_WORDS: Readonly<Record<SealReason, string>> = {
  point: 'its ephemeral key is a point of low order',
  seal: 'its encryption is damaged',
  malformed: 'its encrypted content is malformed',
};

/**
 * The knock may still count from its own source. If it were recorded as used, an attacker with a faster copy from
 * another address could lock its sender out.
 */
export const IS_FROM_ELSEWHERE = {
  source: true,
  'key source': true,
  'unknown key': false,
  'key expired': false,
  'key off': false,
  signature: false,
  clock: false,
  forgotten: false,
  challenge: false,
  door: false,
  unbound: false,
} as const satisfies Record<ProofRefusal, boolean>;

import { type Fields, record } from './reader.ts';
import { NUMBER } from './value-readers.ts';

/**
 * Results for signed knocks that are not judged. `length`, `tag`, `word`: noise · `banned` · `used`: replayed · `rate`:
 * too many from its source · `budget`: too many overall.
 */
export const GARBAGE = ['length', 'tag', 'word', 'banned', 'used', 'rate', 'budget'] as const;

/** Results for those that are judged. `opened` and `extended` count doors; the others say why none was opened. */
export const OUTCOMES = [
  'opened',
  'extended',
  'ran',
  'closed',
  'refused',
  'point',
  'seal',
  'malformed',
  'unknown key',
  'signature',
  'source',
  'unbound',
  'key source',
  'key expired',
  'key off',
  'clock',
  'forgotten',
  'challenge',
  'door',
  'busy',
] as const;

/** Results for codes. `opened` to `refused`: valid ones; the others say why one was not valid. */
export const CODE_OUTCOMES = [
  'opened',
  'extended',
  'ran',
  'refused',
  'wrong',
  'skewed',
  'used',
  'forgotten',
  'touched',
  'first',
  'off',
  'expired',
  'address',
  'busy',
] as const;

export type CodeOutcome = (typeof CODE_OUTCOMES)[number];
export type CodeCounts = Readonly<Record<CodeOutcome, number>>;

export type Garbage = (typeof GARBAGE)[number];
export type ProofOutcome = (typeof OUTCOMES)[number];

export type ProofCounts = {
  /** Packets passed by the kernel's filter, and those lost because they arrived too fast. */
  readonly packets: { readonly passed: number; readonly dropped: number };
  readonly garbage: Readonly<Record<Garbage, number>>;
  readonly outcomes: Readonly<Record<ProofOutcome, number>>;
  readonly replies: number;
  /** Replies that could not be sent. */
  readonly repliesFailed: number;
};

function counts<Name extends string>(names: readonly Name[]) {
  type Counts = Readonly<Record<Name, number>>;
  return record<Counts>(Object.fromEntries(names.map((name) => [name, NUMBER])) as unknown as Fields<Counts>);
}

/** Results for fwknop packets that are not judged. `form`, `hmac`: noise, or a sender with another key. */
export const SPA_GARBAGE = ['form', 'hmac', 'banned', 'used', 'rate', 'budget'] as const;

/** Results for those that are judged. */
export const SPA_OUTCOMES = [
  'opened',
  'extended',
  'ran',
  'refused',
  'content',
  'key off',
  'key expired',
  'key source',
  'user name',
  'clock',
  'forgotten',
  'command',
  'nat',
  'request',
  'address',
  'door',
  'unbound',
  'door source',
  'busy',
] as const;

export type SpaGarbage = (typeof SPA_GARBAGE)[number];
export type SpaOutcome = (typeof SPA_OUTCOMES)[number];

export type SpaCounts = {
  readonly packets: ProofCounts['packets'];
  readonly garbage: Readonly<Record<SpaGarbage, number>>;
  readonly outcomes: Readonly<Record<SpaOutcome, number>>;
};

export const PROOF_COUNTS = record<ProofCounts>({
  packets: record<ProofCounts['packets']>({ passed: NUMBER, dropped: NUMBER }),
  garbage: counts(GARBAGE),
  outcomes: counts(OUTCOMES),
  replies: NUMBER,
  repliesFailed: NUMBER,
});

export const SPA_COUNTS = record<SpaCounts>({
  packets: record<SpaCounts['packets']>({ passed: NUMBER, dropped: NUMBER }),
  garbage: counts(SPA_GARBAGE),
  outcomes: counts(SPA_OUTCOMES),
});
export const CODE_COUNTS = counts(CODE_OUTCOMES);

import type { ProofKind } from '../../door/proof-kind.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

const PROOFS: readonly ProofKind[] = ['sequence', 'key'];

/** `key`, or `sequence, key`; every bad word is a finding. */
export function parseAccept(list: Word, findings: Findings): readonly ProofKind[] {
  const proofs = splitWord(list, ',', PROOFS.length + 1).map((word) => {
    const proof = PROOFS.find((one) => one === word.text.toLowerCase());
    if (proof !== undefined) return proof;
    const near = nearestWord(word.text, PROOFS);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    const wrong = word.text === '' ? 'a proof is missing' : `${quoteText(word.text)} proves nothing`;
    findings.error(word, `${wrong}: ${guess}a door accepts ${PROOFS.join(', ')}`);
    return undefined;
  });
  return proofs.filter((proof) => proof !== undefined);
}

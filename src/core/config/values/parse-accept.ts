import { PROOF_KINDS, type ProofKind } from '../../door/proof-kind.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

/** Such as `key`, or `sequence, key, spa`; every bad word is a finding. */
export function parseAccept(list: Word, findings: Findings): readonly ProofKind[] {
  const proofs = splitWord(list, ',', PROOF_KINDS.length + 1).map((word) => {
    const proof = PROOF_KINDS.find((one) => one === word.text.toLowerCase());
    if (proof !== undefined) return proof;
    const near = nearestWord(word.text, PROOF_KINDS);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    const wrong = word.text === '' ? 'a proof is missing' : `${quoteText(word.text)} proves nothing`;
    findings.error(word, `${wrong}: ${guess}a door accepts ${PROOF_KINDS.join(', ')}`);
    return undefined;
  });
  return proofs.filter((proof) => proof !== undefined);
}

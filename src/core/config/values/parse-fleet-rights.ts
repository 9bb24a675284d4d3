import { FLEET_RIGHTS, type FleetRight } from '../../door/fleet-right.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';

/** Such as `share, accept`; every bad word is a finding. */
export function parseFleetRights(list: Word, findings: Findings): readonly FleetRight[] {
  const rights = splitWord(list, ',', FLEET_RIGHTS.length + 1).map((word) => {
    const right = FLEET_RIGHTS.find((one) => one === word.text.toLowerCase());
    if (right !== undefined) return right;
    const near = nearestWord(word.text, FLEET_RIGHTS);
    const guess = near === undefined ? '' : `did you mean ${near}? `;
    const wrong = word.text === '' ? 'a word is missing' : `${quoteText(word.text)} means nothing here`;
    findings.error(word, `${wrong}: ${guess}write one or more of ${FLEET_RIGHTS.join(', ')}`);
    return undefined;
  });
  return FLEET_RIGHTS.filter((right) => rights.includes(right));
}

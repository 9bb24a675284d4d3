import { PROOF_NOUNS } from '../door/proof-kind.ts';
import { renderPrefix } from '../net/prefix.ts';
import type { OpenDoor, TraceSituation } from './explanation.ts';

/** The present state: a sentence, without full stop, for each door that is open or failed to open. */
export function explainNow({ ban, penaltyUntil, open, clock }: TraceSituation): readonly string[] {
  const sentences = open.map((one) => sentenceOf(one, clock));
  if (ban !== undefined) {
    const end = ban.until === undefined ? 'for good' : `until ${clock(ban.until)}`;
    sentences.push(`${renderPrefix(ban.prefix)} is banned ${end}: its knocks open nothing`);
  }
  if (penaltyUntil !== undefined) {
    sentences.push(`in penalty until ${clock(penaltyUntil)}: the sequence must be knocked twice in a row`);
  }
  return sentences;
}

function sentenceOf(one: OpenDoor, clock: TraceSituation['clock']): string {
  const { door, state, since, until, startFailure } = one;
  const by = `${openedBy(one)} at ${clock(since)}`;
  if (state === 'closing') return `${door} is closing; it was opened ${by}`;
  if (startFailure !== undefined) {
    const ports = one.hasPorts ? `; its ports are open until ${clock(until)}` : '';
    return `${door}: the sequence was right at ${clock(since)}, but the start command ${startFailure}${ports}`;
  }
  if (state === 'opening') return `the start command of ${door} is running, started ${by}`;
  return `${door} is open until ${clock(until)}, opened ${by}`;
}

function openedBy({ byOperator, users, proof }: OpenDoor): string {
  if (byOperator) return "by the operator's order";
  return users === undefined
    ? 'by the knock'
    : `by the ${proof === undefined ? 'proofs' : PROOF_NOUNS[proof]} of ${users}`;
}

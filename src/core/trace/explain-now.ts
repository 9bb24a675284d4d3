import { renderPrefix } from '../net/prefix.ts';
import type { Instant } from '../net/time.ts';
import { instant } from '../net/time.ts';
import { renderEnglish, said } from '../say/render-english.ts';
import type { Said } from '../say/said.ts';
import type { OpenDoor, TraceSituation } from './explanation.ts';
import { reasonOf } from './trace-text.ts';

/** The present state: a sentence, without full stop, for each door that is open or failed to open. */
export function explainNow({ ban, penaltyUntil, open }: Omit<TraceSituation, 'clock'>): readonly Said[] {
  const sentences = open.map(sentenceOf);
  if (ban !== undefined) {
    const who = renderPrefix(ban.prefix);
    sentences.push(
      ban.until === undefined ? said('ban-good', { who }) : said('ban-until', { who, until: ban.until }),
    );
  }
  if (penaltyUntil !== undefined) sentences.push(said('penalty', { until: penaltyUntil }));
  return sentences;
}

export const renderNow = (sentences: readonly Said[], clock: (at: Instant) => string): readonly string[] =>
  sentences.map((sentence) => renderEnglish(sentence, (at) => clock(instant(at))));

function sentenceOf(one: OpenDoor): Said {
  const { door, state, since, until, startFailure } = one;
  const by = openedBy(one);
  if (state === 'closing') return said('now-closing', { door, by, since });
  if (startFailure !== undefined) {
    const ports = one.hasPorts ? said('ports-open', { until }) : '';
    return said('now-failed', { door, since, reason: reasonOf(startFailure), ports });
  }
  if (state === 'opening') return said('now-opening', { door, by, since });
  return said('now-open', { door, until, by, since });
}

function openedBy({ byOperator, users, proof }: OpenDoor): Said {
  if (byOperator) return said('by-order');
  return users === undefined ? said('by-knock') : said('by-proof', { proof: said(proof ?? 'proofs'), users });
}

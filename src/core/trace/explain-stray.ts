import type { Door } from '../door/door.ts';
import { meetsFlagRule, renderFlagRule, renderFlags } from '../net/tcp-flags.ts';
import { said } from '../say/render-english.ts';
import type { SaidValue } from '../say/said.ts';
import type { Explanation, TraceSituation } from './explanation.ts';
import type { TraceEntry } from './trace-entry.ts';
import { explained, knockValue, renderKnock } from './trace-text.ts';

/** Packets that are not knocks because of their origin. */
export const OUTSIDE = {
  forged: { kind: 'forged', code: 'forged', stray: 'stray-forged' },
  otherVlan: { kind: 'other-vlan', code: 'vlan', stray: 'stray-vlan' },
} as const;

export const flagValues = (flags: number, { flags: rule }: Door): Readonly<Record<string, SaidValue>> => ({
  flags: renderFlags(flags),
  rule: renderFlagRule(rule),
});

/** A packet that did not concern any attempt. */
export function explainUnmatched(entry: TraceEntry, situation: TraceSituation): Explanation {
  const { doors, clock, penaltyUntil } = situation;
  const { kind, flags = 0 } = entry;
  const values = { knock: knockValue(entry.knock), at: entry.lastAt };
  const concerned = doors.filter(({ sequence }) =>
    sequence.some(({ protocol, port }) => protocol === entry.knock?.protocol && port === entry.knock.port),
  );
  const unmet = concerned.find((door) => !meetsFlagRule(door.flags, flags));
  if (kind === 'flags' && unmet !== undefined) {
    const sentence = said('stray-flags', { ...values, ...flagValues(flags, unmet) });
    return explained('flags', unmet.name, sentence, clock);
  }
  if (kind === 'flags' || kind === 'elsewhere') {
    return explained('elsewhere', undefined, said('stray-elsewhere', values), clock);
  }
  if (kind === 'tripwire' || kind === 'suspicion') {
    const penalty = penaltyUntil === undefined ? '' : said('decoy-penalty', { until: penaltyUntil });
    return explained('tripwire', undefined, said('decoy', { ...values, penalty }), clock);
  }
  if (kind === 'forged' || kind === 'otherVlan') {
    return explained(OUTSIDE[kind].kind, undefined, said(OUTSIDE[kind].stray, values), clock);
  }
  if (kind === 'banned') return explained(kind, undefined, said('was-banned', values), clock);
  if (kind === 'retransmission') return explained(kind, undefined, said('stray-again', values), clock);
  if (kind === 'repeat') return explained('stray', undefined, said('stray-repeat', values), clock);
  const [door] = concerned;
  if (door === undefined) return explained('stray', undefined, said('stray', values), clock);
  const first = renderKnock(door.sequence[0]);
  return explained('stray', door.name, said('stray-first', { ...values, door: door.name, first }), clock);
}

export function explainNothing({ source, since, evicted, clock }: TraceSituation): Explanation {
  const forgotten = evicted ? said('forgotten') : '';
  return explained('nothing', undefined, said('nothing', { source, since, forgotten }), clock);
}

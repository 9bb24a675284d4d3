import type { Door } from '../door/door.ts';
import { meetsFlagRule, renderFlagRule, renderFlags } from '../net/tcp-flags.ts';
import type { Explanation, TraceSituation } from './explanation.ts';
import type { TraceEntry } from './trace-entry.ts';
import { renderKnock } from './trace-text.ts';

/** Packets that are not knocks because of their origin. */
export const OUTSIDE = {
  forged: {
    kind: 'forged',
    words: 'came from outside with an address of this host, or with one that nobody can send from',
  },
  otherVlan: { kind: 'other-vlan', words: 'came in a VLAN for which this host has no interface' },
} as const;

export function wrongFlags(flags: number, { flags: rule }: Door): string {
  return `has the wrong flags: ${renderFlags(flags)}, but tcpflags requires ${renderFlagRule(rule)}`;
}

/** A packet that did not concern any attempt. */
export function explainUnmatched(entry: TraceEntry, situation: TraceSituation): Explanation {
  const { doors, clock, penaltyUntil } = situation;
  const { kind, knock, flags = 0 } = entry;
  const words = `${renderKnock(knock)} at ${clock(entry.lastAt)}`;
  const concerned = doors.filter(({ sequence }) =>
    sequence.some(({ protocol, port }) => protocol === knock?.protocol && port === knock.port),
  );
  const unmet = concerned.find((door) => !meetsFlagRule(door.flags, flags));
  if (kind === 'flags' && unmet !== undefined) {
    return { kind: 'flags', door: unmet.name, sentence: `${words} ${wrongFlags(flags, unmet)}` };
  }
  if (kind === 'flags' || kind === 'elsewhere') {
    return { kind: 'elsewhere', sentence: `${words} was sent to an address for which no door has this port` };
  }
  if (kind === 'tripwire' || kind === 'suspicion') {
    const penalty = penaltyUntil === undefined ? '' : `; in penalty until ${clock(penaltyUntil)}`;
    return {
      kind: 'tripwire',
      sentence: `no knock was seen, but a decoy port was touched: ${words}${penalty}`,
    };
  }
  if (kind === 'forged' || kind === 'otherVlan') {
    return { kind: OUTSIDE[kind].kind, sentence: `${words} ${OUTSIDE[kind].words}` };
  }
  if (kind === 'banned') return { kind, sentence: `it was banned when it knocked, ${words}` };
  if (kind === 'retransmission') {
    return { kind, sentence: `${words} was a retransmission of a packet seen before, which is ignored` };
  }
  if (kind === 'repeat') {
    return {
      kind: 'stray',
      sentence: `${words} repeated the last right knock, which has no effect`,
    };
  }
  const [door] = concerned;
  const first =
    door === undefined
      ? ''
      : `: the first knock of ${door.name}, ${renderKnock(door.sequence[0])}, did not arrive before it`;
  return {
    kind: 'stray',
    ...(door === undefined ? {} : { door: door.name }),
    sentence: `${words} belongs to no attempt${first}`,
  };
}

export function explainNothing({ source, since, evicted, clock }: TraceSituation): Explanation {
  const forgotten = evicted ? ', or its record was evicted' : '';
  return {
    kind: 'nothing',
    sentence: `nothing from ${source} has been seen since ${clock(since)}${forgotten}; does it reach this host? Bussa does not read packets to ports that no door uses`,
  };
}

import { renderFlags } from '../net/tcp-flags.ts';
import type { TraceEntry } from './trace-entry.ts';
import { renderKnock } from './trace-text.ts';

/** One entry in words, without its time. */
export function renderTraceEntry(entry: TraceEntry): string {
  const { knock, door, count } = entry;
  const place = knock === undefined ? '' : `${renderKnock(knock)}  `;
  const name = door === undefined ? '' : `${door.name}: `;
  const again = count === 1 ? '' : ` (${count} times)`;
  return `${place}${name}${entryWords(entry)}${again}`;
}

const FIXED = {
  completed: 'the sequence is complete',
  withheld: 'complete, but a decoy port was touched: repeat the sequence, without any other packet',
  stray: 'a port of a door, but not its turn',
  retransmission: 'seen before, ignored',
  repeat: 'the last right knock once more, ignored',
  tripwire: 'a decoy port, not a port of a door',
  suspicion: 'a second decoy port: in penalty from now on',
  elsewhere: 'sent to an address that is not this host',
  banned: 'ignored: the source is banned',
  forged: 'not a knock: nobody can have sent it from this address',
  otherVlan: 'not a knock: this host has no interface for its VLAN',
  'code-half': 'half of a code',
  'code-wrong': 'the second half of a wrong code',
} as const satisfies Partial<Record<TraceEntry['kind'], string>>;

const isFixed = (kind: TraceEntry['kind']): kind is keyof typeof FIXED => Object.hasOwn(FIXED, kind);

function entryWords({ kind, stage, door, flags = 0, reason }: TraceEntry): string {
  const of = door === undefined ? `${stage}` : `${stage} of ${door.sequence.length}`;
  if (isFixed(kind)) return FIXED[kind];
  switch (kind) {
    case 'advanced':
      return `stage ${of}`;
    case 'failed':
      return `wrong knock at stage ${of}`;
    case 'expired':
      return `out of time at stage ${of}`;
    case 'evicted':
      return `made room for another attempt at stage ${of}`;
    case 'flags':
      return `the flags or the address do not match the door: ${renderFlags(flags)}`;
    case 'opened':
    case 'extended':
    case 'closed':
      return kind;
    case 'start-failed':
      return `the start command ${reason ?? 'failed; the log says why'}`;
    case 'proof-refused':
      return `signed knock refused: ${reason ?? 'the log says why'}`;
    case 'spa-refused':
      return `SPA packet refused: ${reason ?? 'the log says why'}`;
    case 'code-refused':
      return `code refused: ${reason ?? 'the log says why'}`;
    case 'refused':
      return `not opened: ${reason ?? 'the log says why'}`;
    default:
      throw new Error(`an entry without words: ${kind satisfies never}`);
  }
}

import { renderFlags } from '../net/tcp-flags.ts';
import type { TraceEntry } from './trace-entry.ts';
import { renderKnock } from './trace-words.ts';

/** What one entry says, without its time. */
export function renderTraceEntry(entry: TraceEntry): string {
  const { knock, door, count } = entry;
  const place = knock === undefined ? '' : `${renderKnock(knock)}  `;
  const name = door === undefined ? '' : `${door.name}: `;
  const again = count === 1 ? '' : ` (${count} times)`;
  return `${place}${name}${entryWords(entry)}${again}`;
}

function entryWords({ kind, stage, door, flags = 0, reason }: TraceEntry): string {
  const of = door === undefined ? `${stage}` : `${stage} of ${door.sequence.length}`;
  switch (kind) {
    case 'advanced':
      return `stage ${of}`;
    case 'failed':
      return `wrong knock at stage ${of}`;
    case 'expired':
      return `out of time at stage ${of}`;
    case 'evicted':
      return `made room for another attempt at stage ${of}`;
    case 'completed':
      return 'the sequence is complete';
    case 'withheld':
      return 'complete, but a decoy port was touched: repeat the sequence, without any other packet';
    case 'stray':
      return 'a port of a door, but not its turn';
    case 'retransmission':
      return 'seen before, ignored';
    case 'repeat':
      return 'the last right knock once more, ignored';
    case 'tripwire':
      return 'a decoy port, not a port of a door';
    case 'suspicion':
      return 'a second decoy port: in penalty from now on';
    case 'flags':
      return `the flags or the address do not match the door: ${renderFlags(flags)}`;
    case 'elsewhere':
      return 'sent to an address that is not this host';
    case 'banned':
      return 'ignored: the source is banned';
    case 'forged':
      return 'not a knock: nobody can have sent it from this address';
    case 'otherVlan':
      return 'not a knock: this host has no interface for its VLAN';
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
    case 'code-half':
      return 'half of a code';
    case 'code-wrong':
      return 'the second half of a wrong code';
    case 'refused':
      return `not opened: ${reason ?? 'the log says why'}`;
    default:
      throw new Error(`an entry without words: ${kind satisfies never}`);
  }
}

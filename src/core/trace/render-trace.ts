import { renderFlags } from '../net/tcp-flags.ts';
import { renderEnglish, said } from '../say/render-english.ts';
import type { Said } from '../say/said.ts';
import type { TraceEntry } from './trace-entry.ts';
import { reasonValue, renderKnock } from './trace-text.ts';

/** One entry in words, without its time. */
export function renderTraceEntry(entry: TraceEntry): string {
  const { knock, door, otherDoor, count } = entry;
  const place = knock === undefined ? '' : `${renderKnock(knock)}  `;
  const called = door?.name ?? otherDoor;
  const name = called === undefined ? '' : `${called}: `;
  const again = count === 1 ? '' : ` (${count} times)`;
  return `${place}${name}${renderEnglish(saidEntry(entry))}${again}`;
}

/** The entry by its kind, without knock, door and count. */
export function saidEntry(entry: TraceEntry): Said {
  const { kind, stage, door, flags = 0 } = entry;
  switch (kind) {
    case 'advanced':
    case 'failed':
    case 'expired':
    case 'evicted': {
      const of = door === undefined ? stage : said('stage-of', { stage, of: door.sequence.length });
      return said(`entry-${kind}`, { stage: of });
    }
    case 'flags':
      return said('entry-flags', { flags: renderFlags(flags) });
    case 'start-failed':
      return said('entry-start-failed', { reason: reasonValue(entry, 'failed-in-the-log') });
    case 'proof-refused':
    case 'spa-refused':
    case 'code-refused':
    case 'refused':
      return said(`entry-${kind}`, { reason: reasonValue(entry, 'in-the-log') });
    default:
      return said(`entry-${kind}`);
  }
}

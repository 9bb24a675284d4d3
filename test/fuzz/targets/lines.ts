import assert from 'node:assert/strict';
import type { LogEvent } from '../../../src/core/event/event.ts';
import { printable } from '../../../src/core/event/printable.ts';
import { renderEvent } from '../../../src/core/event/render-event.ts';
import type { Address } from '../../../src/core/net/address.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { quoteText } from '../../../src/core/text/quote-text.ts';
import { readCorpus, texts } from '../corpus.ts';
import { judgeCharacters, judgeLine } from '../judge-line.ts';
import { readerTarget, type Target } from '../target.ts';

const source = '192.0.2.1' as Address;

/** Text of anybody's on its way to a log, a terminal or a message. */
export function linesTarget(): Target {
  return readerTarget(
    {
      name: 'lines',
      share: 6,
      material: { corpus: readCorpus('lines'), tokens: TOKENS, maxBytes: 16_384 },
    },
    take,
  );
}

function take(bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes);
  // UTF-16 has lone surrogates, Latin-1 has all of the control characters from 0x80 to 0x9f.
  for (const encoding of ['utf8', 'latin1', 'utf16le'] as const) judgeText(buffer.toString(encoding));
}

function judgeText(text: string): void {
  const once = printable(text);
  judgeCharacters(once);
  assert.equal(printable(once), once, 'twice is once');
  judgeLine(quoteText(text));
  const place = { file: text, line: 1, column: 1 };
  judgeCharacters(renderDiagnostic({ severity: 'warning', place, message: text }));
  for (const event of eventsWith(text)) judgeLine(renderEvent(event, text));
}

function eventsWith(text: string): readonly LogEvent[] {
  return [
    { kind: 'listening', on: text },
    { kind: 'stage', source, door: text, stage: 1 },
    { kind: 'running', door: text, command: text },
    {
      kind: 'command-failed',
      door: text,
      failure: { kind: 'not-started', reason: text },
      lastErrorLine: text,
    },
    { kind: 'command-failed', door: text, failure: { kind: 'signal', signal: text } },
    { kind: 'opened', source, door: text, ports: text, seconds: 1 },
    { kind: 'refused', source, door: text, reason: text },
    { kind: 'reloading', file: text },
    { kind: 'no-sequences-left', door: text, file: text },
    { kind: 'interface', change: { kind: 'appeared', name: text } },
    { kind: 'firewall', name: text, why: text },
    { kind: 'suppressed', what: text, count: 1 },
    { kind: 'error', text },
  ];
}

const TOKENS = texts(
  '\n',
  '\r',
  '\x1b[1A\x1b[2K',
  '\x1b]0;x\x07',
  '\u009b2J',
  '\u202e',
  '\u2066',
  '\u2028',
  '\u2029',
  '\u200b',
  '\ud83d\udd11',
  '\0',
  '\b\b\b',
  '\x7f',
  '\uFEFF',
  '\u{e0041}',
);

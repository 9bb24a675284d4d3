import type { Sequence } from '../../door/sequence.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { Findings } from '../../text/findings.ts';
import { byteOrderMarkLength, splitLines } from '../../text/split-lines.ts';
import { sliceWord, trimWord, type Word } from '../../text/word.ts';
import { parseSequence } from '../values/parse-sequence.ts';

/** A line not used yet. A `#` written over the one byte at `byteOffset` uses it up where no more can be written. */
export type OneTimeSequence = {
  readonly sequence: Sequence;
  /** From 1. */
  readonly line: number;
  readonly byteOffset: number;
};

export type OneTimeSequences = {
  /** What opens the door now; none is left when it is absent. */
  readonly next?: OneTimeSequence;
  /** Sequences not used yet, `next` among them. */
  readonly left: number;
  /** Lines that are no sequences, which knockd passes over in silence. */
  readonly warnings: readonly Diagnostic[];
};

const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;

/** Reads a file of one sequence a line; lines that begin with `#` are comments or used up. */
export function parseOneTimeSequences(file: string, bytes: Uint8Array): OneTimeSequences {
  const findings = new Findings();
  const { lines } = splitLines(bytes);
  let next: OneTimeSequence | undefined;
  let left = 0;
  for (const [index, text] of lines.entries()) {
    const word = sequenceText({ text, line: index + 1, offset: 0 });
    const sequence = word.text === '' ? undefined : parseSequence(word, findings);
    if (sequence === undefined) continue;
    next ??= { sequence, line: word.line, byteOffset: lineOffset(bytes, word.line) };
    left++;
  }
  const warnings = findings.diagnostics(file, lines).map(skippedLine);
  return next === undefined ? { left, warnings } : { next, left, warnings };
}

/**
 * The file with `line` commented out by a leading `#`, which takes the place of a leading blank as in knockd, or
 * is put before it, so that no digit is lost. All other bytes stay as they are.
 */
export function markSequenceUsed(bytes: Uint8Array, line: number): Uint8Array {
  const offset = lineOffset(bytes, line);
  const isBlank = bytes[offset] === SPACE || bytes[offset] === TAB;
  const marked = new Uint8Array(isBlank ? bytes.length : bytes.length + 1);
  marked.set(bytes.subarray(0, offset));
  marked[offset] = HASH;
  marked.set(bytes.subarray(isBlank ? offset + 1 : offset), offset + 1);
  return marked;
}

/** What of a line is judged: nothing of a comment, and as in knockd what stands before a `#`. */
function sequenceText(line: Word): Word {
  const hash = line.text.indexOf('#');
  return trimWord(hash < 0 ? line : sliceWord(line, 0, hash));
}

function lineOffset(bytes: Uint8Array, line: number): number {
  let offset = byteOrderMarkLength(bytes);
  for (let passed = 1; passed < line; passed++) {
    const newline = bytes.indexOf(NEWLINE, offset);
    if (newline < 0) throw new RangeError(`line ${line} of ${passed} lines`);
    offset = newline + 1;
  }
  return offset;
}

function skippedLine({ place, message }: Diagnostic): Diagnostic {
  return { severity: 'warning', id: 'skipped-line', place, message: `line skipped, ${message}` };
}

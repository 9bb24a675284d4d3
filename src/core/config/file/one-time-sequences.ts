import type { Sequence } from '../../door/sequence.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { Findings } from '../../text/findings.ts';
import { byteOrderMarkLength, splitLines } from '../../text/split-lines.ts';
import { sliceWord, trimWord, type Word } from '../../text/word.ts';
import { parseSequence } from '../values/parse-sequence.ts';

/** An unused line. Overwriting the byte at `byteOffset` with `#` marks it as used without needing disk space. */
export type OneTimeSequence = {
  readonly sequence: Sequence;
  /** Counts from 1. */
  readonly line: number;
  readonly byteOffset: number;
};

export type OneTimeSequences = {
  /** The sequence that opens the door now; absent: none is left. */
  readonly next?: OneTimeSequence;
  /** Unused sequences, including `next`. */
  readonly left: number;
  /** Lines that are not sequences, which knockd skips silently. */
  readonly warnings: readonly Diagnostic[];
};

const NEWLINE = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;

/** Reads a file with one sequence per line; lines that begin with `#` are comments or used. */
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
 * The file with `line` commented out by a leading `#`. It replaces a leading blank, as in knockd, or is inserted, so
 * that no digit is lost. All other bytes stay unchanged.
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

/** The part of a line that is parsed: nothing of a comment and, as in knockd, what comes before a `#`. */
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

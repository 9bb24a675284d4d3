import assert from 'node:assert/strict';
import type { Diagnostic } from '../../src/core/text/diagnostic.ts';
import { judgeLine } from './judge-line.ts';

/** In order, on lines that exist, at most one column behind their last character; words that print. */
export function judgePlaces(bytes: Uint8Array, diagnostics: readonly Diagnostic[]): void {
  const lines = new TextDecoder().decode(bytes).split('\n');
  let before = { line: 0, column: 0 };
  let length = { line: 0, characters: 0 };
  for (const { place, message } of diagnostics) {
    const text = lines[place.line - 1];
    assert.ok(text !== undefined, `line ${place.line} of ${lines.length}`);
    if (length.line !== place.line) length = { line: place.line, characters: [...text].length };
    assert.ok(place.column >= 1 && place.column <= length.characters + 1, `column ${place.column}`);
    assert.ok(place.line > before.line || (place.line === before.line && place.column >= before.column));
    judgeLine(message);
    before = place;
  }
}

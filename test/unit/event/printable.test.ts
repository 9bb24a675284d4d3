import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printable } from '../../../src/core/event/printable.ts';

describe('printable', () => {
  test('leaves text of any language as it is', () => {
    for (const text of [
      '',
      'iptables -A INPUT',
      'Tür öffnen',
      '扉を開ける',
      'שלום',
      'مرحبا',
      '👩‍👩‍👧',
      '\\u{1b}',
      'a\u00a0b',
    ]) {
      assert.equal(printable(text), text);
    }
  });

  test('shows every control character as its code', () => {
    for (let code = 0; code < 0xa0; code++) {
      const isControl = code < 0x20 || code >= 0x7f;
      const character = String.fromCharCode(code);
      assert.equal(printable(`a${character}b`), isControl ? `a\\u{${code.toString(16)}}b` : `a${character}b`);
    }
  });

  test('disarms escape sequences, 7-bit and 8-bit', () => {
    assert.equal(
      printable('\u001b[31mred\u001b]0;title\u0007\u009b2J'),
      '\\u{1b}[31mred\\u{1b}]0;title\\u{7}\\u{9b}2J',
    );
  });

  test('keeps a text on one line: line feeds, returns, separators of lines and paragraphs', () => {
    assert.equal(
      printable('1\n2\r3\v4\f5\u00856\u20287\u20298'),
      '1\\u{a}2\\u{d}3\\u{b}4\\u{c}5\\u{85}6\\u{2028}7\\u{2029}8',
    );
  });

  test('shows every mark that turns the direction of writing', () => {
    // Unicode's property Bidi_Control.
    const marks = [
      0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
    ];
    for (const mark of marks)
      assert.equal(printable(`a${String.fromCodePoint(mark)}b`), `a\\u{${mark.toString(16)}}b`);
  });
});

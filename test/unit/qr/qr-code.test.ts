// The codes were read back by an independent reader (jsQR 1.4.0), each length from 1 to 213 bytes; here they stay so.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { MAX_QR_BYTES, qrCode } from '../../../src/core/qr/qr-code.ts';
import { renderQr } from '../../../src/core/qr/render-qr.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

suite('QR codes', () => {
  const known: readonly (readonly [text: string, size: number, sha256: string])[] = [
    ['a', 21, 'e8ab680854e4019c4ac89bd0e19dfe1f7e967f3cafd048091b3e3ec474b6f431'],
    [
      'knock -d 100 server.example.org 14405 22516 27600 20654',
      33,
      'b0aa36cf6e2e20d621ce5c5840b58d9f6e92c66ab48e377cab1848ef62655ef6',
    ],
    ['x'.repeat(150), 49, '9782fa7f0642d3e6b22295c01fc9e2fe9a0f19d22af2cf7b3964dcb6a932e44e'],
  ];
  for (const [text, size, sha256] of known) {
    test(`${text.length} bytes`, () => {
      const rows = qrCode(bytes(text));
      assert.equal(rows.length, size);
      const picture = rows.map((row) => row.map(Number).join('')).join('\n');
      assert.equal(createHash('sha256').update(picture).digest('hex'), sha256);
    });
  }

  test('on a terminal: two rows a line, with light around', () => {
    const lines = renderQr('a');
    assert.equal(lines.length, Math.ceil((21 + 8) / 2));
    for (const line of lines) assert.equal([...line].length, 21 + 8);
    assert.match(lines[0] ?? '', /^█+$/);
  });

  test('what is longer than the largest is refused', () => {
    assert.doesNotThrow(() => qrCode(new Uint8Array(MAX_QR_BYTES)));
    assert.throws(() => qrCode(new Uint8Array(MAX_QR_BYTES + 1)), RangeError);
  });
});

// What a phone reads is what was written: an independent reader (zbar) looks at the lines as a terminal shows them.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MAX_QR_BYTES, renderQr } from '../../src/cli/bussa/text/render-qr.ts';
import { readQr } from '../lab/read-qr.ts';

const readBack = (text: string): string => readQr(renderQr(text));

suite('QR codes', () => {
  for (const text of [
    'a',
    'knock -d 100 server.example.org 14405 22516 27600 20654',
    'knock 2001:db8::7 7000:udp 8000',
    `bussa:${'x'.repeat(MAX_QR_BYTES - 6)}`,
  ]) {
    test(`${text.length} bytes are read back from the terminal`, () =>
      assert.equal(readBack(text), `${text}\n`));
  }

  test('there is light all around, and a terminal of 80 columns has room', () => {
    const lines = renderQr('x'.repeat(MAX_QR_BYTES));
    for (const line of [...lines.slice(0, 2), ...lines.slice(-1)]) assert.match(line, /^[█▀]+$/);
    for (const line of lines) assert.match(line, /^████.*████$|^▀+$/);
    assert.ok([...(lines[0] ?? '')].length <= 80);
  });
});

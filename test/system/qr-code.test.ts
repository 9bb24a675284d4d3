// What a phone reads is what was written: an independent reader (zbar) looks at the lines as a terminal shows them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { MAX_QR_BYTES, renderQr } from '../../src/cli/bussa/text/render-qr.ts';
import { Scratch } from '../lab/child-module.ts';

/** Pixels of a module. */
const SCALE = 4;

/** The lines as a picture in PGM: each character is two modules, light where it is painted. */
function picture(lines: readonly string[]): Buffer {
  const halves = lines.flatMap((line) => [
    [...line].map((character) => character === '█' || character === '▀'),
    [...line].map((character) => character === '█' || character === '▄'),
  ]);
  const rows = halves.flatMap((row) => {
    const pixels = Buffer.from(row.flatMap((isLight) => new Array<number>(SCALE).fill(isLight ? 255 : 0)));
    return new Array<Buffer>(SCALE).fill(pixels);
  });
  return Buffer.concat([Buffer.from(`P5 ${rows[0]?.length} ${rows.length} 255\n`), ...rows]);
}

function readBack(text: string): string {
  using scratch = new Scratch();
  const file = scratch.file('code.pgm');
  writeFileSync(file, picture(renderQr(text)));
  return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

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

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseFleetKey, renderFleetKey } from '../../../src/core/fleet/fleet-key.ts';

const KEY = { fleet: 'edge', secret: new Uint8Array(32).fill(1), member: new Uint8Array(32).fill(2) };

suite('the key file of a member', () => {
  test('is read as it is written', () => {
    assert.deepEqual(parseFleetKey(renderFleetKey(KEY)), { kind: 'key', key: KEY });
  });
  test('a damaged one says which line, and never what stands there', () => {
    const text = renderFleetKey(KEY);
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /`fleet` is missing/],
      [text.replace(/^member.*\n/m, ''), /`member` is missing/],
      [text.replace(/^fleet edge/m, 'fleet -edge'), /behind `fleet`/],
      [text.replace(/^(secret .*)..$/m, '$1'), /`secret` is not 32 bytes/],
      [`${text}fleet other\n`, /two lines `fleet`/],
      ['-----BEGIN PRIVATE KEY-----\n', /a line that is none of/],
    ];
    for (const [damaged, expected] of cases) {
      const reading = parseFleetKey(damaged);
      assert.equal(reading.kind, 'bad');
      if (reading.kind === 'bad') assert.match(reading.reason, expected);
    }
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ADDRESS,
  COUNT,
  LENGTH,
  MOMENT,
  needed,
  RequestError,
  readRequest,
  TEXT,
  YES,
} from '../../../src/core/control/read-request.ts';

const SHAPE = { door: TEXT, ip: ADDRESS, for: LENGTH, since: MOMENT, limit: COUNT, all: YES };

describe('a request at the control socket', () => {
  test('is read field by field', () => {
    const request = { verb: 'x', door: 'ssh', ip: '2001:DB8::0:7', for: 1.5, since: -1, limit: 3, all: true };
    const { verb: _, ...fields } = request;
    assert.deepEqual(readRequest(request, SHAPE), { ...fields, ip: '2001:db8::7' });
    assert.deepEqual(readRequest({ verb: 'x' }, SHAPE), {});
  });

  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    { dor: 'ssh' },
    { __proto__x: 1 },
    { toString: 'ssh' },
    { door: 7 },
    { door: null },
    { ip: '10.0.0.1/8' },
    { ip: 'localhost' },
    { ip: ['10.0.0.1'] },
    { for: 0 },
    { for: '10' },
    { for: 1e300 },
    { since: 'yesterday' },
    { limit: 0 },
    { limit: 1.5 },
    { all: false },
  ];
  for (const request of wrong) {
    test(`${JSON.stringify(request)} is refused`, () =>
      assert.throws(() => readRequest({ verb: 'x', ...request }, SHAPE), RequestError));
  }

  test('what is needed and is not there', () => {
    assert.equal(needed('a', 'door'), 'a');
    assert.throws(() => needed(undefined, 'door'), /the field "door" is missing/);
  });
});

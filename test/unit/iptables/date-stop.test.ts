import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateStop, dateStopError } from '../../../src/core/iptables/date-stop.ts';
import { millis } from '../../../src/core/net/time.ts';

const at = (text: string): number => Date.parse(text);

test('a lease’s last second, in UTC, as far as xt_time counts', () => {
  const cases: readonly (readonly [string, number, string | undefined])[] = [
    ['2026-11-28T04:59:30.900Z', 60_000, '2026-11-28T05:00:30'],
    ['2026-11-28T04:59:30.000Z', 500, '2026-11-28T04:59:30'],
    ['1970-01-01T00:00:00Z', 60_000, '1970-01-01T00:01:00'],
    ['2038-01-19T03:14:00Z', 60_000, '2038-01-19T03:14:07'],
    ['2026-11-28T05:00:00Z', 1e15, '2038-01-19T03:14:07'],
    ['1969-12-31T23:59:59Z', 60_000, undefined],
    ['2040-01-01T00:00:00Z', 60_000, undefined],
  ];
  for (const [now, left, until] of cases) assert.equal(dateStop(at(now), millis(left)), until, now);
});

test('a changed wall clock shows as an error', () => {
  const until = '2026-11-28T05:00:30';
  assert.equal(dateStopError(until, at('2026-11-28T04:59:30Z'), millis(60_000)), 0);
  assert.equal(dateStopError(until, at('2026-11-28T03:59:30Z'), millis(60_000)), 3_600_000);
  assert.equal(dateStopError('2038-01-19T03:14:07', at('2026-11-28T05:00:00Z'), millis(1e15)), 0);
});

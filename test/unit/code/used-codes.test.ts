import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALARM_CODES, ALARM_MS, CodeAlarm } from '../../../src/core/code/code-alarm.ts';
import { UsedCodes } from '../../../src/core/code/used-codes.ts';
import { instant } from '../../../src/core/net/time.ts';
import { address } from './code-knocks.ts';

const use = (step: number, source = '192.0.2.7', user = 'alice', door = 'ssh') => ({
  ...{ user, door, step },
  source: address(source),
  at: instant(step * 30_000),
});

describe('codes that have been used', () => {
  test('a step counts once for a user and a door, none before it, and again for the same source', () => {
    const used = new UsedCodes({ floor: 0, used: [] });
    assert.equal(used.judge('alice', 'ssh', 100, address('192.0.2.7')).kind, 'fresh');
    used.use(use(100));
    assert.equal(used.judge('alice', 'ssh', 100, address('192.0.2.7')).kind, 'again');
    assert.equal(used.judge('alice', 'ssh', 100, address('192.0.2.8')).kind, 'used');
    assert.equal(used.judge('alice', 'ssh', 99, address('192.0.2.7')).kind, 'used');
    assert.equal(used.judge('alice', 'ssh', 101, address('192.0.2.8')).kind, 'fresh');
    assert.equal(used.judge('alice', 'web', 100, address('192.0.2.8')).kind, 'fresh', 'another door');
    assert.equal(used.judge('bob', 'ssh', 100, address('192.0.2.8')).kind, 'fresh', 'another user');
  });

  test('up to the floor nothing counts but what is known to have been used by the same source', () => {
    const used = new UsedCodes({ floor: 100, used: [use(99), use(98, '192.0.2.9')] });
    assert.equal(used.judge('alice', 'ssh', 100, address('192.0.2.7')).kind, 'forgotten');
    assert.equal(used.judge('alice', 'ssh', 99, address('192.0.2.7')).kind, 'again');
    assert.equal(used.judge('alice', 'ssh', 101, address('192.0.2.7')).kind, 'fresh');
  });

  test('no used code becomes valid by a clock that is set back, until `bussa user forgive`', () => {
    const used = new UsedCodes({ floor: 0, used: [use(5000)] });
    assert.equal(used.judge('alice', 'ssh', 4000, address('192.0.2.7')).kind, 'used');
    assert.equal(used.forgive('bob'), false);
    assert.equal(used.forgive('alice'), true);
    assert.equal(used.judge('alice', 'ssh', 4000, address('192.0.2.7')).kind, 'fresh');
  });
});

describe('the alarm of many addresses', () => {
  test('begins with so many wrong codes within its time, once, and ends by itself', () => {
    const alarm = new CodeAlarm();
    const begun = Array.from({ length: ALARM_CODES + 5 }, (_, i) => alarm.note('ssh', 1000 + i));
    assert.deepEqual(
      begun.flatMap((begins, i) => (begins ? [i + 1] : [])),
      [ALARM_CODES],
    );
    assert.equal(alarm.isRaised('ssh', 2000), true);
    assert.equal(alarm.isRaised('web', 2000), false);
    assert.equal(alarm.isRaised('ssh', 2000 + ALARM_MS), false);
    for (let i = 0; i < ALARM_CODES * 3; i++)
      assert.equal(alarm.note('slow', 5_000_000 + (i * ALARM_MS) / (ALARM_CODES - 2)), false);
  });
});

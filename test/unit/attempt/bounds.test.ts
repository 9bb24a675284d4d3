import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_LIMITS } from '../../../src/core/attempt/engine-limits.ts';
import { address, door, TestEngine } from './knocks.ts';

const SSH = door('ssh', '7000,8000,9000', { timeout: 60_000 });
const limits = { attempts: 8, recentPackets: 4096 };

describe('a full table of attempts', () => {
  test('makes room for each new attempt and says which one has gone', () => {
    const engine = new TestEngine([SSH], limits);
    const pending = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const from = `10.1.${i >> 8}.${i & 255}`;
      const said = engine.offer({ port: 7000, from, at: i });
      assert.equal(said.at(-1), `${from} ssh advanced 1`);
      if (i < 8) assert.equal(said.length, 1);
      else {
        const gone = said[0]?.split(' ')[0] ?? '';
        assert.deepEqual(said, [`${gone} ssh evicted 1`, `${from} ssh advanced 1`]);
        assert.ok(pending.delete(gone), `${gone} was pending`);
      }
      pending.add(from);
      assert.equal(engine.engine.pending, pending.size);
    }
    assert.equal(pending.size, 8);
    for (const from of pending)
      assert.deepEqual(engine.offer({ port: 9000, from, at: 2000 }), [`${from} ssh failed 1`]);
  });

  test('keeps an honest knocker who is further on, most of the time', () => {
    let kept = 0;
    for (let run = 0; run < 100; run++) {
      const engine = new TestEngine([SSH], { attempts: 64, recentPackets: 4096 });
      // Runs differ in the addresses alone, and with them in nothing that is drawn: so each begins at another draw.
      for (let i = 0; i < 64 + run; i++) engine.offer({ port: 7000, from: `10.2.${run}.${i}`, at: 0 });
      engine.offerAll('7000,8000', 0, { from: '192.0.2.1' });
      for (let i = 0; i < 64; i++) engine.offer({ port: 7000, from: `10.3.${run}.${i}`, at: 1 });
      if (engine.offer({ port: 9000, from: '192.0.2.1', at: 2 }).length === 2) kept++;
    }
    assert.ok(kept >= 99, `${kept} of 100 opened`);
  });

  test('takes completions of one-port doors without making room', () => {
    const engine = new TestEngine([SSH, door('one', '5000')], { attempts: 1, recentPackets: 64 });
    engine.offer({ port: 7000, at: 0 });
    assert.deepEqual(engine.offer({ port: 5000, from: '10.0.0.2', at: 1 }), [
      '10.0.0.2 one advanced 1',
      '10.0.0.2 one completed 1',
    ]);
    assert.equal(engine.engine.pending, 1);
  });

  test('restarts and further knocks need no room', () => {
    const engine = new TestEngine([SSH], { attempts: 1, recentPackets: 64 });
    engine.offer({ port: 7000, at: 0 });
    engine.offer({ port: 8000, at: 1 });
    assert.deepEqual(engine.offer({ port: 7000, at: 2 }), [
      '10.0.0.1 ssh failed 2',
      '10.0.0.1 ssh advanced 1',
    ]);
    assert.equal(engine.offerAll('8000,9000', 3).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('of one row: an attempt that has run out of time is said to have expired, not evicted', () => {
    const engine = new TestEngine([SSH], { attempts: 1, recentPackets: 64 });
    engine.offer({ port: 7000, at: 0 });
    assert.deepEqual(engine.offer({ port: 7000, at: 70_000 }), [
      '10.0.0.1 ssh expired 1',
      '10.0.0.1 ssh advanced 1',
    ]);
  });

  test('one packet that starts attempts at more doors than there are rows', () => {
    const doors = ['a', 'b', 'c', 'd'].map((name) => door(name, '7000,8000'));
    const engine = new TestEngine(doors, { attempts: 2, recentPackets: 64 });
    const said = engine.offer({ port: 7000, at: 0 });
    assert.equal(said.filter((line) => line.includes('evicted')).length, 2);
    assert.equal(engine.engine.pending, 2);
  });
});

test('the table of the default size finds each of 200,000 sources', () => {
  const engine = new TestEngine([SSH], DEFAULT_LIMITS);
  const source = (i: number): string => `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.7`;
  for (let i = 0; i < 200_000; i++) engine.offer({ port: 7000, from: source(i), at: 0 });
  assert.equal(engine.engine.pending, 200_000);
  for (let i = 0; i < 200_000; i += 997) {
    assert.deepEqual(engine.offer({ port: 8000, from: source(i), at: 1 }), [`${source(i)} ssh advanced 2`]);
  }
});

test('the highest door number and the longest IPv6 address stand in a row of the table', () => {
  const doors = Array.from({ length: 65_535 }, (_, i) => door(`door${i}`, `${1 + i},1`));
  doors[0] = door('door0', '65535:udp,1:udp');
  const engine = new TestEngine(doors);
  const from = address('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
  assert.deepEqual(engine.offer({ port: 65_535, from, at: 0 }), [`${from} door65534 advanced 1`]);
  const other = address('ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe');
  assert.deepEqual(engine.offer({ port: 40_000, from: other, at: 0 }), [`${other} door39999 advanced 1`]);
  assert.deepEqual(engine.expire(6000), [`${other} door39999 expired 1`, `${from} door65534 expired 1`]);
});

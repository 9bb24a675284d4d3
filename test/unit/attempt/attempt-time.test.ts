import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Steps } from '../../../src/core/attempt/steps.ts';
import { door, TestEngine } from './knocks.ts';

const SSH = door('ssh', '7000,8000,9000');
/** Packet times of today are large: a fraction of a millisecond must survive them. */
const TODAY = 1_790_000_000_123.25;

describe('the whole sequence within seq_timeout of its first knock, by packet time', () => {
  for (const start of [0, TODAY]) {
    test(`the last knock at exactly 5000 ms opens (from ${start})`, () => {
      const engine = new TestEngine([SSH]);
      engine.offerAll('7000,8000', start);
      assert.equal(engine.offer({ port: 9000, at: start + 5000 }).at(-1), '10.0.0.1 ssh completed 3');
    });

    test(`a millisecond later it does not (from ${start})`, () => {
      const engine = new TestEngine([SSH]);
      engine.offerAll('7000,8000', start);
      assert.deepEqual(engine.offer({ port: 9000, at: start + 5001 }), ['10.0.0.1 ssh expired 2']);
      assert.deepEqual(engine.completions, []);
    });
  }

  test('each knock well in time, but the last too late for the first', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ port: 7000, at: 0 });
    engine.offer({ port: 8000, at: 4000 });
    assert.deepEqual(engine.offer({ port: 9000, at: 8000 }), ['10.0.0.1 ssh expired 2']);
  });

  test('a late first port ends the old attempt and starts a new one', () => {
    const engine = new TestEngine([SSH]);
    engine.offerAll('7000,8000', 0);
    assert.deepEqual(engine.offer({ port: 7000, at: 6000 }), [
      '10.0.0.1 ssh expired 2',
      '10.0.0.1 ssh advanced 1',
    ]);
    assert.equal(engine.offerAll('8000,9000', 10_000).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('a timeout of 0 allows knocks of one instant', () => {
    const engine = new TestEngine([door('now', '7000,8000', { timeout: 0 })]);
    engine.offer({ port: 7000, at: 5 });
    assert.equal(engine.offer({ port: 8000, at: 5 }).at(-1), '10.0.0.1 now completed 2');
    engine.offer({ port: 7000, at: 6 });
    assert.deepEqual(engine.offer({ port: 8000, at: 7 }), ['10.0.0.1 now expired 1']);
  });

  test('each door has its own time', () => {
    const engine = new TestEngine([SSH, door('slow', '7000,8000,9000', { timeout: 9000 })]);
    engine.offerAll('7000,8000', 0);
    assert.deepEqual(engine.offer({ port: 9000, at: 9000 }), [
      '10.0.0.1 ssh expired 2',
      '10.0.0.1 slow advanced 3',
      '10.0.0.1 slow completed 3',
    ]);
  });
});

describe('a clock that is not even', () => {
  test('packets a little out of order are knocks in the order of their arrival', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ port: 7000, at: TODAY });
    engine.offer({ port: 8000, at: TODAY - 3 });
    assert.equal(engine.offer({ port: 9000, at: TODAY - 1 }).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('a jump forward ends the attempts before it', () => {
    const engine = new TestEngine([SSH]);
    engine.offerAll('7000,8000', TODAY);
    assert.deepEqual(engine.offer({ port: 9000, at: TODAY + 3_600_000 }), ['10.0.0.1 ssh expired 2']);
  });

  test('a jump back ends them too: no attempt lives on until the clock has come round again', () => {
    const engine = new TestEngine([SSH]);
    engine.offerAll('7000,8000', TODAY);
    assert.deepEqual(engine.offer({ port: 9000, at: TODAY - 3_600_000 }), ['10.0.0.1 ssh expired 2']);
    assert.equal(engine.offerAll('7000,8000,9000', TODAY - 3_599_000).at(-1), '10.0.0.1 ssh completed 3');
  });

  test('attempts from before a jump back are freed at the new time, and hold up nothing behind them', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ port: 7000, from: '10.0.0.1', at: TODAY });
    engine.offer({ port: 7000, from: '10.0.0.2', at: TODAY - 3_600_000 });
    assert.deepEqual(engine.expire(TODAY - 3_594_999), ['10.0.0.1 ssh expired 1', '10.0.0.2 ssh expired 1']);
  });
});

describe('expire', () => {
  test('ends what is over and nothing else, to the millisecond', () => {
    const engine = new TestEngine([SSH, door('web', '5000,6000', { timeout: 1000 })]);
    engine.offer({ port: 7000, at: 0 });
    engine.offer({ port: 5000, from: '10.0.0.2', at: 10 });
    assert.deepEqual(engine.expire(1010), []);
    assert.deepEqual(engine.expire(1011), ['10.0.0.2 web expired 1']);
    assert.deepEqual(engine.expire(5000), []);
    assert.deepEqual(engine.expire(5001), ['10.0.0.1 ssh expired 1']);
    assert.equal(engine.engine.pending, 0);
  });

  test('ends the oldest first and says whether there are more', () => {
    const engine = new TestEngine([SSH]);
    const steps = new Steps();
    for (let i = 1; i <= 5; i++) engine.offer({ port: 7000, from: `10.0.0.${i}`, at: i });
    assert.equal(engine.engine.expire(1e6, 3, steps), true);
    assert.deepEqual(
      [0, 1, 2].map((i) => steps.source(i)),
      ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
    );
    assert.equal(engine.engine.expire(1e6, 2, steps), false);
    assert.equal(steps.count, 2);
    assert.equal(engine.engine.expire(1e6, 2, steps), false);
    assert.equal(steps.count, 0);
  });

  test('a restarted attempt is the newest', () => {
    const engine = new TestEngine([SSH]);
    for (let i = 1; i <= 3; i++) engine.offer({ port: 7000, from: `10.0.0.${i}`, at: i });
    engine.offer({ port: 7000, from: '10.0.0.1', at: 100 });
    assert.deepEqual(engine.expire(5050), ['10.0.0.2 ssh expired 1', '10.0.0.3 ssh expired 1']);
    assert.deepEqual(engine.expire(5101), ['10.0.0.1 ssh expired 1']);
  });

  test('at the end of time ends all', () => {
    const engine = new TestEngine([SSH]);
    engine.offer({ port: 7000, at: TODAY });
    assert.equal(engine.expire(Number.POSITIVE_INFINITY).length, 1);
  });
});

describe('the next expiry', () => {
  test('is the nearest end of all doors, and none when nothing is pending', () => {
    const engine = new TestEngine([SSH, door('web', '5000,6000', { timeout: 1000 })]);
    assert.equal(engine.engine.nextExpiry(), undefined);
    engine.offer({ port: 7000, at: 0 });
    assert.equal(engine.engine.nextExpiry(), 5000);
    engine.offer({ port: 5000, from: '10.0.0.2', at: 500 });
    assert.equal(engine.engine.nextExpiry(), 1500);
    engine.offer({ port: 6000, from: '10.0.0.2', at: 501 });
    assert.equal(engine.engine.nextExpiry(), 5000);
    engine.expire(5001);
    assert.equal(engine.engine.nextExpiry(), undefined);
  });
});

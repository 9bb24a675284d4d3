import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requiredSilence } from '../../../src/core/budget/fair-share.ts';
import { KeyRate } from '../../../src/core/budget/key-rate.ts';
import { KnownSources } from '../../../src/core/budget/known-sources.ts';
import { NONE, SourceBuckets } from '../../../src/core/budget/source-buckets.ts';
import { WorkBudget } from '../../../src/core/budget/work-budget.ts';
import { addressWords, familyOf } from '../../../src/core/net/address.ts';
import { address } from '../attempt/knocks.ts';

const KEY = [0x0123_4567, 0x89ab_cdef] as const;
const RATE = { burst: 5, perSecond: 10 } as const;

type Words = [number, number, number, number, number];
const words = (text: string): Words => {
  const one = address(text);
  return [familyOf(one), ...addressWords(one)];
};

describe('the tokens of a source', () => {
  test('five at once, then one each 100 ms, and never more than five saved up', () => {
    const buckets = new SourceBuckets(1024, KEY, RATE);
    const admitted = (times: number, now: number): number =>
      Array.from({ length: times }, () => buckets.take(...words('192.0.2.7'), now)).filter(
        (silence) => silence !== NONE,
      ).length;
    assert.equal(admitted(100, 1000), 5);
    assert.equal(admitted(100, 1099), 0);
    assert.equal(admitted(100, 1100), 1);
    assert.equal(admitted(100, 1_000_000), 5);
  });

  test('another source has its own; all of an IPv6 /64 share theirs', () => {
    const buckets = new SourceBuckets(65_536, KEY, RATE);
    for (let n = 0; n < 5; n++) buckets.take(...words('2001:db8::1'), 0);
    assert.equal(buckets.take(...words('2001:db8::ffff:2'), 0), NONE);
    assert.notEqual(buckets.take(...words('2001:db8:0:1::1'), 0), NONE);
    assert.notEqual(buckets.take(...words('192.0.2.7'), 0), NONE);
  });
});

test('of a thousand sources that come amidst 65,536 others, at most five are taken for one of these', () => {
  const buckets = new SourceBuckets(1_048_576, KEY, RATE);
  for (let n = 0; n < 65_536; n++) buckets.take(4, 0, 0, 0, 0x0a00_0000 + n, 1000);
  let mistaken = 0;
  for (let n = 0; n < 1000; n++)
    if (buckets.take(4, 0, 0, 0, 0x7f00_0000 + n, 2000) !== Number.POSITIVE_INFINITY) mistaken++;
  assert.ok(mistaken <= 5, `${mistaken}`);
});

describe('sources that have opened before', () => {
  test('are known, an IPv6 source with its /64; others are not', () => {
    const known = new KnownSources(1024, KEY);
    known.add(address('192.0.2.7'));
    known.add(address('2001:db8::1'));
    const isKnown = (text: string): boolean => known.has(...words(text));
    assert.deepEqual(
      ['192.0.2.7', '2001:db8::1', '2001:db8::2', '192.0.2.8', '2001:db8:0:1::1', '::'].map(isKnown),
      [true, true, true, false, false, false],
    );
  });
});

describe('the budget of work', () => {
  const limits = { share: 0.25, depth: 40, reserve: 0.1 };

  test('a quarter of the time; strangers leave a tenth of what is saved up', () => {
    const budget = new WorkBudget(limits);
    assert.equal(budget.allows(false, 0), true);
    budget.spend(36);
    assert.deepEqual([budget.allows(false, 0), budget.allows(true, 0)], [false, true]);
    budget.spend(4);
    assert.deepEqual([budget.allows(false, 0), budget.allows(true, 0)], [false, false]);
    assert.equal(budget.wait(0), 16);
    assert.deepEqual([budget.allows(false, 4), budget.allows(true, 4)], [false, true]);
    assert.deepEqual([budget.allows(false, 17), budget.wait(17)], [true, 0]);
  });

  test('over a long time no more than its share is spent, whatever is asked for', () => {
    const budget = new WorkBudget(limits);
    let spent = 0;
    for (let now = 0; now < 10_000; now++)
      while (budget.allows(false, now)) {
        budget.spend(1.5);
        spent += 1.5;
      }
    assert.ok(spent > 2400 && spent < 2500 + limits.depth + 1.5, `${spent} ms in 10 s`);
  });

  test('a clock that stands still or goes back gives nothing', () => {
    const budget = new WorkBudget(limits);
    budget.allows(true, 1000);
    budget.spend(50);
    assert.equal(budget.allows(true, 500), false);
    assert.equal(budget.allows(true, 1000), false);
  });
});

describe('whose turn it is when work runs short', () => {
  const LIMITS = { share: 0.25, depth: 50, reserve: 0.1 };
  const COST_MS = 0.5;
  const RATE_MS = 20;

  /** A flood of 20,000 packets a second, and from the tenth second on an honest source each quarter of a second. */
  function honestServed(sources: number, isFair: boolean): number {
    const buckets = new SourceBuckets(1_048_576, KEY, RATE);
    const budget = new WorkBudget(LIMITS);
    let random = 1;
    const judged = (word: number, now: number): boolean => {
      const silence = buckets.take(4, 0, 0, 0, word, now);
      if (silence === NONE || !budget.allows(false, now)) return false;
      if (isFair && silence < requiredSilence(budget.fullness(now))) return false;
      budget.spend(COST_MS);
      return true;
    };
    let served = 0;
    for (let ms = 1; ms <= 20_000; ms++) {
      for (let n = 0; n < RATE_MS; n++) {
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        judged(0x0a00_0000 + Math.floor((random / 2 ** 32) * sources), ms);
      }
      if (ms > 10_000 && ms % 250 === 0 && judged(0x7f00_0000 + ms, ms)) served++;
    }
    return served;
  }

  test('a flood from 65,536 forged sources, a fortieth of which can be judged: honest ones are', () => {
    const served = honestServed(65_536, true);
    assert.ok(served >= 36, `${served} of 40`);
  });

  test('without it, or with sources that never come twice, they have their share of the budget', () => {
    assert.ok(honestServed(65_536, false) < 15);
    assert.ok(honestServed(2 ** 24, true) < 25);
  });

  test('nobody waits while there is enough, and nobody for more than five minutes', () => {
    assert.deepEqual([requiredSilence(1), requiredSilence(0.75)], [0, 0]);
    assert.ok(requiredSilence(0.7) > 100 && requiredSilence(0.7) < 200);
    assert.ok(Math.abs(requiredSilence(0) - 300_000) < 1);
  });

  test('a source is silent from when it has all its tokens', () => {
    const buckets = new SourceBuckets(1024, KEY, RATE);
    const silence = (now: number): number => buckets.take(...words('192.0.2.7'), now);
    assert.deepEqual([1000, 1000, 1100, 3000].map(silence), [Number.POSITIVE_INFINITY, 0, 0, 1700]);
  });
});

describe('the tokens of a name', () => {
  test('as those of a source, each its own', () => {
    const rate = new KeyRate({ burst: 2, perSecond: 1 }, 10);
    assert.deepEqual(
      [1, 2, 3].map(() => rate.admit('a', 0)),
      [true, true, false],
    );
    assert.equal(rate.admit('b', 0), true);
    assert.equal(rate.admit('a', 1000), true);
  });

  test('where there are too many, the one used first makes room', () => {
    const rate = new KeyRate({ burst: 1, perSecond: 0.001 }, 2);
    for (const name of ['a', 'b', 'c']) rate.admit(name, 0);
    assert.deepEqual(
      ['c', 'b', 'a'].map((name) => rate.admit(name, 0)),
      [false, false, true],
    );
  });
});

// What the benchmark makes of its values: pairs, medians, and what is said to be worse.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compareRatios } from '../../bench/baseline.ts';
import { Samples } from '../../bench/samples.ts';

suite('figures of the benchmark', () => {
  test('a ratio is the median of the pairs, not the ratio of the medians', () => {
    const samples = new Samples();
    for (const value of [1, 20, 3]) samples.add('figure', 'Bussa', value);
    for (const value of [10, 100, 1]) samples.add('figure', 'knockd', value);
    assert.equal(samples.ratio('figure', 'Bussa', 'knockd'), 0.2);
    assert.equal(samples.quantile('figure', 'Bussa', 0.5), 3);
  });

  test('what was not measured takes its pair with it, and no other', () => {
    const samples = new Samples();
    for (const value of [1, Number.NaN, 3]) samples.add('figure', 'Bussa', value);
    for (const value of [2, 1, 6]) samples.add('figure', 'knockd', value);
    assert.equal(samples.ratio('figure', 'Bussa', 'knockd'), 0.5);
    assert.ok(Number.isNaN(samples.ratio('figure', 'Bussa', 'tcpdump')));
  });

  test('an earlier record completes a run, and replaces nothing', () => {
    const earlier = new Samples();
    earlier.add('old', 'Bussa', Number.NaN);
    earlier.add('old', 'Bussa', 4);
    earlier.add('new', 'Bussa', 1);
    const samples = new Samples();
    samples.add('new', 'Bussa', 2);
    samples.adopt(JSON.parse(JSON.stringify(earlier.record())));
    assert.deepEqual(samples.of('old', 'Bussa'), [Number.NaN, 4]);
    assert.deepEqual(samples.of('new', 'Bussa'), [2]);
  });

  test('a ratio is worse when it has grown by more than a quarter', () => {
    const lines = compareRatios({ a: 1, b: 1, gone: 1 }, { a: 1.25, b: 1.26, fresh: 9 });
    assert.equal(lines[0], 'baseline: 2 ratios compared, 1 worse by more than a quarter');
    assert.deepEqual(lines.slice(1), ['  WORSE  b: 1.26, was 1.00']);
  });
});

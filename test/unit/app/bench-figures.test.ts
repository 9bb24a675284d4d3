// What the benchmark makes of its values: pairs, medians, and what is said to be worse.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { type Baseline, baselineOf, compareRatios } from '../../../bench/baseline.ts';
import { renderChart } from '../../../bench/chart.ts';
import { LINES } from '../../../bench/lines.ts';
import { withFigures } from '../../../bench/readme-part.ts';
import { Samples } from '../../../bench/samples.ts';

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

suite('the figures that are kept', () => {
  const file = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
  const baseline: Baseline = JSON.parse(file('bench/baseline.json'));

  test('README and chart say what bench/baseline.json does: run npm run bench -- --update-baseline', () => {
    assert.equal(withFigures(file('README.md'), baseline), file('README.md'));
    assert.equal(renderChart(baseline.figures), file('bench/chart.svg'));
  });

  test('every ratio is kept, and each of a figure that is kept too', () => {
    const paired = LINES.filter(({ beside, isRatio }) => beside !== undefined || isRatio === true);
    assert.deepEqual(
      new Set(Object.keys(baseline.ratios).map((name) => name.split(' Bussa : ')[0])),
      new Set(paired.map(({ figure }) => figure)),
    );
    for (const { figure } of paired) assert.ok(Number(baseline.figures[figure]?.Bussa) >= 0, figure);
  });

  test('a figure that changes is another text, and what stands around it stays', () => {
    const open = { ...baseline.figures['open.native'], Bussa: 0.123 };
    const figures = { ...baseline.figures, 'open.native': open };
    const changed = withFigures(file('README.md'), { ...baseline, figures });
    assert.match(changed, /with `open`.*\| 0\.12 ms/);
    assert.equal(withFigures(changed, baseline), file('README.md'));
  });

  test('a run says of how many rounds its ratios are', () => {
    const samples = new Samples();
    for (const { figure } of LINES) for (let i = 0; i < 7; i++) samples.add(figure, 'Bussa', i);
    assert.equal(baselineOf(samples, baseline.machine).rounds, 7);
    assert.equal(baselineOf(new Samples(), baseline.machine).rounds, 0);
  });
});

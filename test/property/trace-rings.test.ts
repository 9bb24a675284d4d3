import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RECORDS, TraceRings, WORD } from '../../src/core/trace/trace-rings.ts';
import { seeded } from '../lab/seed.ts';

const KEY = [0x1357_9bdf, 0x2468_ace0] as const;

type Write = {
  readonly source: number;
  readonly what: number;
  readonly again: boolean;
  readonly lapse: number;
};
type Line = { readonly what: number; readonly at: number; readonly count: number; readonly lapse: number };

const WRITE = fc.record({
  source: fc.nat(5),
  what: fc.nat(3),
  again: fc.boolean(),
  lapse: fc.nat(50_000),
});

/** Six sources in a table with room for them all. */
class Fixture {
  readonly #rings = new TraceRings(4096, KEY);
  readonly #model = new Map<number, Line[]>();
  // Close before the 32-bit clock turns over.
  #now = 2 ** 42 - 100_000;

  write({ source, what, again, lapse }: Write): void {
    this.#now += lapse;
    const row = this.#rings.claim(4, 0, 0, 0, source, 0, this.#now);
    this.#rings.write(row, this.#now | 0, what, 0, again);
    const lines = this.#model.get(source) ?? [];
    const last = lines.at(-1);
    if (again && last?.what === what) {
      lines[lines.length - 1] = { ...last, count: last.count + 1, lapse: this.#now - last.at };
    } else lines.push({ what, at: this.#now, count: 1, lapse: 0 });
    this.#model.set(source, lines.slice(-RECORDS));
  }

  check(): void {
    for (const [source, lines] of this.#model) {
      const row = this.#rings.find(4, 0, 0, 0, source);
      assert.equal(this.#rings.count(row), lines.length);
      for (const [index, line] of lines.entries()) {
        assert.equal(this.#rings.word(row, index, WORD.what), line.what);
        assert.equal(this.#rings.word(row, index, WORD.time), line.at | 0);
        const { count, lapse } = this.#rings.again(row, index);
        assert.equal(count, line.count);
        assert.ok(Math.abs(lapse - line.lapse) < 10, `${lapse} and ${line.lapse}`);
      }
    }
  }
}

describe('the rings of the sources', () => {
  test('hold the last records of each, as a list does', (t) => {
    fc.assert(
      fc.property(fc.array(WRITE, { maxLength: 300 }), (writes) => {
        const bench = new Fixture();
        for (const write of writes) bench.write(write);
        bench.check();
      }),
      seeded(t, { numRuns: 200 }),
    );
  });

  test('a flood of sources that come to nothing pushes out none that has come further', (t) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), fc.nat(), (keep, salt) => {
        const rings = new TraceRings(64, [salt, salt ^ 0x5555]);
        const kept = [...new Set(keep)].filter((source) => rings.claim(6, 1, 2, 3, source, 2, 0) >= 0);
        for (let i = 0; i < 2000; i++) rings.claim(4, 0, 0, 0, i, i % 2, 1000 + i);
        const gone = kept.filter((source) => rings.find(6, 1, 2, 3, source) < 0);
        assert.deepEqual(gone, []);
      }),
      seeded(t, { numRuns: 100 }),
    );
  });

  test('who is followed stays whatever comes; who has not been seen for long makes room first', () => {
    const rings = new TraceRings(4, KEY);
    rings.setFollowed(rings.claim(4, 0, 0, 0, 1, 1, 0), true);
    for (let source = 2; source <= 4; source++) rings.claim(4, 0, 0, 0, source, 3, 0);
    assert.ok(rings.claim(4, 0, 0, 0, 5, 2, 1000) < 0, 'no room for one that has come less far');
    for (let i = 0; i < 1000; i++) rings.claim(4, 0, 0, 0, 100 + i, 9, 1000);
    assert.ok(rings.find(4, 0, 0, 0, 1) >= 0, 'followed');
    assert.equal(rings.displaced, 1001);
    assert.ok(rings.claim(4, 0, 0, 0, 9999, 0, 700_000) >= 0, 'ten minutes later');
    assert.ok(rings.find(4, 0, 0, 0, 1) >= 0, 'followed still');
  });
});

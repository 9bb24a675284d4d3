import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NO_SLOT } from '../../src/core/attempt/attempt-row.ts';
import { AttemptTable } from '../../src/core/attempt/attempt-table.ts';
import type { Family } from '../../src/core/net/address.ts';
import { seeded } from '../lab/seed.ts';

type Words = readonly [number, number, number, number];
type Row = { door: number; family: Family; words: Words; stage: number; start: number };

/** Few values in each word, so that sources differ in one of them and share buckets with each other. */
const word = fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff);
const DOORS = [0, 1, 32_767, 32_768, 65_534];
const who = fc.record({
  door: fc.constantFrom(...DOORS),
  family: fc.constantFrom(4 as const, 6 as const),
  words: fc.tuple(word, word, word, word),
});
const pick = fc.nat();
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('add' as const), who, start: fc.double({ noNaN: true }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), pick, start: fc.double({ noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const GROUP = 7;

const isSameSource = (a: Row, b: Row): boolean =>
  a.family === b.family && String(a.words) === String(b.words);

/** The table beside a list of its rows in the order of their first knocks. */
class Twin {
  readonly #table: AttemptTable;
  #rows: Row[] = [];
  #doors = 65_535;

  constructor(capacity: number) {
    this.#table = new AttemptTable(capacity, this.#doors, [0x1234_5678, 0x9abc_def0]);
  }

  take(operation: Operation): void {
    if (operation.kind === 'add') this.#add({ ...operation.who, stage: 1, start: operation.start });
    else if (operation.kind === 'resize') {
      this.#doors = this.#doors === 65_535 ? 65_536 : 65_535;
      this.#table.setDoors(this.#doors);
    } else {
      const row = this.#rows[operation.pick % this.#rows.length];
      if (row !== undefined) this.#change(operation, row);
    }
    this.#compare();
  }

  /** Takes one after the other out by way of the queues. */
  empty(): void {
    for (const door of DOORS) {
      for (const row of this.#rows.filter((one) => one.door === door)) {
        const slot = this.#table.oldest(door);
        assert.equal(slot, this.#find(row), 'the oldest of its door');
        this.#table.remove(slot);
      }
      assert.equal(this.#table.oldest(door), NO_SLOT);
    }
    assert.equal(this.#table.size, 0);
  }

  #add(row: Row): void {
    if (this.#table.size === this.#table.capacity) {
      const victim = this.#table.victim();
      const gone = this.#rows.find((one) => this.#find(one) === victim);
      assert.ok(gone !== undefined, 'the victim is a row');
      this.#change({ kind: 'remove', pick: 0 }, gone);
    }
    if (this.#find(row) !== NO_SLOT) return;
    // Behind another one of the source, or before all of them: it is found either way.
    const before = this.#rows.findLast((one) => isSameSource(one, row));
    const after = before === undefined || row.door % 2 === 0 ? NO_SLOT : this.#find(before);
    this.#table.add(GROUP, after, row.door, row.family, ...row.words, row.start);
    this.#rows.push(row);
  }

  #change(operation: Exclude<Operation, { kind: 'add' | 'resize' }>, row: Row): void {
    const slot = this.#find(row);
    if (operation.kind === 'advance') assert.equal(this.#table.advance(slot), ++row.stage);
    else {
      this.#rows = this.#rows.filter((one) => one !== row);
      if (operation.kind === 'remove') {
        this.#table.remove(slot);
        assert.equal(this.#find(row), NO_SLOT);
        return;
      }
      this.#table.restart(slot, operation.start);
      this.#rows.push(Object.assign(row, { stage: 1, start: operation.start }));
    }
  }

  #compare(): void {
    const table = this.#table;
    assert.equal(table.size, this.#rows.length);
    assert.equal(table.size === table.capacity, this.#rows.length === table.capacity);
    const slots = this.#rows.map((row) => {
      const slot = this.#find(row);
      assert.ok(slot >= 0 && slot < table.capacity);
      const words = ([0, 1, 2, 3] as const).map((index) => table.sourceWord(slot, index));
      const { door, family, stage, start } = row;
      assert.deepEqual([table.door(slot), table.family(slot), table.stage(slot)], [door, family, stage]);
      assert.deepEqual([words, table.start(slot)], [row.words, start]);
      return slot;
    });
    assert.equal(new Set(slots).size, slots.length, 'each row has a slot of its own');
    for (const door of DOORS) {
      const first = this.#rows.find((row) => row.door === door);
      assert.equal(table.oldest(door), first === undefined ? NO_SLOT : this.#find(first));
    }
  }

  #find({ door, family, words }: Row): number {
    let slot = this.#table.first(GROUP, family, ...words);
    while (slot !== NO_SLOT && this.#table.door(slot) !== door) slot = this.#table.next(slot);
    return slot;
  }
}

describe('the table of attempts', () => {
  test('holds what a list would hold', (t) => {
    const operations = fc.array(operation, { minLength: 1, maxLength: 80, size: 'max' });
    const property = fc.property(fc.constantFrom(1, 2, 7, 24, 64), operations, (capacity, list) => {
      const twin = new Twin(capacity);
      for (const one of list) twin.take(one);
      twin.empty();
    });
    fc.assert(property, seeded(t, { numRuns: 300 }));
  });

  test('finds each of sources that differ in one bit, in chains of many', () => {
    const table = new AttemptTable(512, 1, [7, 11]);
    const rows: (readonly [Family, ...Words])[] = [];
    for (let bit = 0; bit < 128; bit++) {
      const words: [number, number, number, number] = [1, 2, 3, 4];
      words[bit >> 5] = ((words[bit >> 5] ?? 0) ^ (1 << (bit & 31))) >>> 0;
      rows.push([6, ...words], [4, ...words]);
    }
    const slots = rows.map((row, i) => table.add(GROUP, NO_SLOT, 0, ...row, i));
    assert.deepEqual(
      rows.map((row) => table.first(GROUP, ...row)),
      slots,
    );
    // Among as many sources in as few buckets, one that does not exist must not be taken for another one.
    for (let i = 0; i < 5000; i++) assert.equal(table.first(GROUP, 6, 1, 2, 3, 1_000_000 + i), NO_SLOT);
  });
});

// What a packet costs beside the engine is what it reads and writes here. It is counted, not timed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TraceRings } from '../../../src/core/trace/trace-rings.ts';
import { countingMemory, MemoryCount } from '../attempt/counted-memory.ts';

const SOURCES = 4096;

/** The most words that one of the packets of these sources reads and writes. */
function worst(rings: TraceRings, count: MemoryCount, first: number, packets: number, rank: number): number {
  let most = 0;
  for (let i = 0; i < packets; i++) {
    const before = count.accesses;
    const row = rings.claim(4, 0, 0, 0, first + i, rank, i);
    if (row >= 0) rings.write(row, i, 7, 7, true);
    most = Math.max(most, count.accesses - before);
  }
  return most;
}

describe('what is remembered of a packet', () => {
  test('takes the same work in an empty table, in a full one, and if no entry makes room', (t) => {
    const count = new MemoryCount();
    const rings = countingMemory(count, () => new TraceRings(SOURCES, [0x1357_9bdf, 0x2468_ace0]));
    const empty = worst(rings, count, 1, 100, 0);
    const filling = worst(rings, count, 1_000_000, 50_000, 3);
    const full = worst(rings, count, 2_000_000, 50_000, 3);
    const refused = worst(rings, count, 3_000_000, 50_000, 0);
    t.diagnostic(
      `at most ${empty} words when empty, ${filling} filling, ${full} when full, ${refused} refused`,
    );
    for (const words of [empty, filling, full, refused]) assert.ok(words <= 60, `${words} words`);
  });
});

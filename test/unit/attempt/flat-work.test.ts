// The work of a packet is what it reads and writes of the engine's memory. It is counted, not timed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AttemptEngine } from '../../../src/core/attempt/attempt-engine.ts';
import { OFFER } from '../../../src/core/attempt/offer.ts';
import { STEP, Steps } from '../../../src/core/attempt/steps.ts';
import type { Door } from '../../../src/core/door/door.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { countingMemory, MemoryCount } from './counted-memory.ts';
import { door } from './knocks.ts';

type Work = { readonly average: number; readonly most: number };

const SAMPLE = 1000;

/** As full as the daemon's own with a million attempts: a counted access costs hundreds of others. */
const CAPACITY = 104_858;

/** An engine whose memory is counted, and a packet for it that differs in its source and port. */
class Fixture {
  readonly #count = new MemoryCount();
  readonly #engine: AttemptEngine;
  readonly #packet = new Packet();
  readonly #steps = new Steps();
  #serial = 0;

  constructor(doors: readonly Door[], attempts: number) {
    const limits = { attempts, recentPackets: 65_536 };
    this.#engine = countingMemory(
      this.#count,
      () => new AttemptEngine(doors, [0x1357_9bdf, 0x2468_ace0], limits),
    );
    this.#packet.protocol = 6;
    this.#packet.flags = 2;
  }

  get pending(): number {
    return this.#engine.pending;
  }

  /** Sources as a flood has them: one after the other in 10.0.0.0/8 and above. */
  offer(source: number, port: number): number {
    const packet = this.#packet;
    packet.source3 = (0x0a00_0000 + source) >>> 0;
    packet.destinationPort = port;
    packet.identity = ++this.#serial;
    return this.#engine.offer(packet, true, 0, this.#steps);
  }

  /** What packets cost that come of the sources from `first` on at a port; each must bring about `kind` at last. */
  measure(first: number, port: number, kind: number | undefined, sample = SAMPLE): Work {
    let total = 0;
    let most = 0;
    for (let i = 0; i < sample; i++) {
      const before = this.#count.accesses;
      const offer = this.offer(first + i, port);
      const work = this.#count.accesses - before;
      if (kind === undefined) assert.equal(offer, OFFER.ignored);
      else assert.equal(this.#steps.kind(this.#steps.count - 1), kind);
      total += work;
      most = Math.max(most, work);
    }
    return { average: total / sample, most };
  }
}

/** The work of each sort of packet, when `attempts` are pending. */
function workAt(
  attempts: number,
  doors: readonly Door[] = [door('ssh', '7000,8000,9000')],
): Record<string, Work> {
  const bench = new Fixture(doors, CAPACITY);
  for (let i = 0; i < attempts; i++) bench.offer(i, 7000);
  assert.equal(bench.pending, attempts);
  return {
    'of no door': bench.measure(0, 65_000, undefined),
    'a first knock': bench.measure(attempts, 7000, STEP.advanced),
    'a second knock': bench.measure(0, 8000, STEP.advanced),
    'a wrong knock that restarts': bench.measure(0, 7000, STEP.advanced),
    'a wrong knock': bench.measure(0, 9000, STEP.failed),
  };
}

/** But for a chance neighbour in a chain. */
function assertEqualWork(work: Record<string, Work>, expected: Record<string, Work>): void {
  for (const [sort, { average }] of Object.entries(work)) {
    const other = expected[sort]?.average ?? 0;
    assert.ok(Math.abs(average - other) < 1, `${sort}: ${average} and ${other}`);
  }
}

describe('the work of a packet', () => {
  // A look-up walks a chain of pending attempts, of which there are two in the mean when the table is full.
  const CHAIN = 12;

  test('does not grow with the attempts: a table of which a hundredth, a tenth, nearly all is taken', (t) => {
    const few = workAt(1000);
    for (const attempts of [10_000, 100_000]) {
      for (const [sort, { average, most }] of Object.entries(workAt(attempts))) {
        const before = few[sort]?.average ?? 0;
        t.diagnostic(
          `${attempts} attempts, ${sort}: ${average} words read or written, ${most} at most, ${before} with 1,000`,
        );
        assert.ok(
          average <= before + CHAIN,
          `${sort}: ${average} with ${attempts} attempts, ${before} with 1,000`,
        );
        assert.ok(most <= before + 6 * CHAIN, `${sort}: ${most} with ${attempts} attempts at worst`);
      }
    }
  });

  test('is a look at one word for a packet of no door', () => {
    assert.deepEqual(workAt(1000)['of no door'], { average: 1, most: 1 });
  });

  test('does not grow with the doors, nor with the length of their sequences', () => {
    const ssh = door('ssh', '7000,8000,9000');
    const others = Array.from({ length: 10_000 }, (_, i) =>
      door(`d${i}`, `${10_000 + i},${20_001 + i},${30_002 + i}`),
    );
    const long = door('long', Array.from({ length: 20_000 }, (_, i) => `${40_010 + i}`).join(','));
    const alone = workAt(1000, [ssh]);
    assertEqualWork(workAt(1000, [...others, ssh, long]), alone);
    const ports = Array.from({ length: 997 }, (_, i) => `,${1 + i}`).join('');
    assertEqualWork(workAt(1000, [door('ssh', `7000,8000,9000${ports}`)]), alone);
  });

  test('grows with the doors that share a port, and with nothing else', () => {
    const doors = Array.from({ length: 100 }, (_, i) => door(`d${i}`, `7000,8000,9000,${10_000 + i}`));
    const one = workAt(1000)['a second knock']?.average ?? 0;
    const bench = new Fixture(doors, 20_000);
    for (let i = 0; i < 200; i++) bench.offer(i, 7000);
    const { average } = bench.measure(0, 8000, STEP.advanced, 200);
    assert.ok(average > one * 20 && average <= one * 100 + 1000, `${average} for 100 doors, ${one} for one`);
  });

  test('does not grow when the table is full and each attempt makes another one go', () => {
    const few = workAt(1000)['a first knock']?.average ?? 0;
    const bench = new Fixture([door('ssh', '7000,8000,9000')], 20_000);
    for (let i = 0; i < 20_000; i++) bench.offer(i, 7000);
    const { average, most } = bench.measure(20_000, 7000, STEP.advanced);
    assert.ok(
      average <= few + 60 && most <= few + 120,
      `${average}, ${most} at most, ${few} when nearly empty`,
    );
  });
});

// The same as `npm run fuzz`, for seconds: bounded by count, with a seed of its own for each run.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { SEED } from '../lab/seed.ts';
import { FuzzFailure, runCampaign, takeInput } from './campaign.ts';
import { Mutator } from './mutator.ts';
import { TARGET_NAMES, type Target } from './target.ts';
import { TARGETS } from './targets.ts';
import { Watchdog } from './watchdog.ts';

const FRAMES = repeats('BUSSA_FRAMES', { quick: 100_000, full: 1_000_000 });
const OTHERS = repeats('BUSSA_OTHERS', { quick: 1500, full: 20_000 });

describe('hostile input', () => {
  for (const name of TARGET_NAMES) {
    test(`${name}: no throw, no hang, no growth`, async (t) => {
      t.diagnostic(`seed ${SEED}, to repeat: npm run fuzz -- --target ${name} --seed ${SEED}`);
      const target = TARGETS[name]();
      using dog = new Watchdog(name, SEED);
      try {
        const count = name === 'frames' ? FRAMES : (OTHERS * target.share) / 100;
        const onInput = (index: number): void => dog.at(index);
        await runCampaign(target, { seed: SEED, from: 0, count, onInput, onCheckpoint: () => undefined });
      } finally {
        target.close();
      }
    });

    test(`${name}: its corpus as it is`, async () => {
      const target = TARGETS[name]();
      using dog = new Watchdog(name, SEED);
      dog.at(-1);
      try {
        for (const [i, input] of target.material.corpus.entries()) await takeInput(target, i, input);
      } finally {
        target.close();
      }
    });
  }
});

describe('the fuzzer itself', () => {
  const material = {
    corpus: [new TextEncoder().encode('a good input')],
    tokens: [new TextEncoder().encode('!')],
    maxBytes: 64,
  };
  const target = (take: Target['take']): Target => ({
    name: 'lines',
    share: 0,
    material,
    take,
    allocates: true,
    close: () => undefined,
  });
  const campaign = { seed: 7, from: 0, onInput: () => undefined, onCheckpoint: () => undefined };

  test('finds the input that is not taken, and makes it again from its seed and number', async () => {
    const take: Target['take'] = (bytes, length) => {
      if (bytes.subarray(0, length).includes(0x21)) throw new RangeError('an exclamation mark');
    };
    let found: unknown;
    try {
      await runCampaign(target(take), { ...campaign, count: 1000 });
    } catch (error) {
      found = error;
    }
    assert.ok(found instanceof FuzzFailure);
    assert.ok(found.cause instanceof RangeError);
    const { index, input } = found;
    const again = new Mutator(material, 7);
    again.make(index);
    assert.deepEqual(again.bytes.slice(0, again.length), input);
    await assert.rejects(takeInput(target(take), index, input), FuzzFailure);
  });

  test('finds memory that is kept', async () => {
    const kept: Uint8Array[] = [];
    const take: Target['take'] = () => void kept.push(new Uint8Array(64 * 1024));
    await assert.rejects(runCampaign(target(take), { ...campaign, count: 500 }), /memory has grown/);
  });

  test('makes inputs of many lengths, never beyond the bound, hardly ever the same', () => {
    const mutator = new Mutator(material, SEED);
    const seen = new Set<string>();
    const lengths = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      mutator.make(i);
      assert.ok(mutator.length <= material.maxBytes);
      seen.add(Buffer.from(mutator.bytes.subarray(0, mutator.length)).toString('hex'));
      lengths.add(mutator.length);
    }
    assert.ok(seen.size > 500, `${seen.size} inputs of 1000`);
    assert.ok(lengths.size > 20, `${lengths.size} lengths`);
  });
});

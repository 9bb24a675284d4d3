import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HitMemory } from '../../../src/core/fleet/spread/hit-memory.ts';
import { MAX_HITS, WRONG_STEP } from '../../../src/core/fleet/spread/spread-hit.ts';
import { Packet } from '../../../src/core/packet/packet.ts';
import { address, door, type Knock, readKnock } from '../attempt/knocks.ts';

const KEY = [1, 2] as const;
const SSH = door('ssh', '7000,8000:udp,9000', { flags: { mask: 18, value: 2 } });
const ME = address('10.0.0.1');

describe('the memory of hits', () => {
  const memory = (capacity: number) => {
    const hits = new HitMemory(capacity, KEY);
    const packet = new Packet();
    let serial = 0;
    const add = (knock: Knock): void =>
      hits.add(readKnock(knock, packet, ++serial), knock.local ?? true, knock.at);
    return { hits, add };
  };

  test('returns places in the sequence and ages, the oldest first', () => {
    const { hits, add } = memory(16);
    add({ port: 7000, at: 1000.25 });
    add({ port: '8000:udp', at: 1010.5 });
    add({ port: '8000:tcp', at: 1011 });
    add({ port: '53:udp', at: 1012 });
    add({ port: 9000, at: 1020.75 });
    assert.deepEqual(hits.read(ME, SSH, 1030.5), [
      { step: 0, age: 30.25 },
      { step: 1, age: 20 },
      { step: WRONG_STEP.tcp, age: 19.5 },
      { step: WRONG_STEP.udp, age: 18.5 },
      { step: 2, age: 9.75 },
    ]);
  });

  test('returns nothing about other sources, families, flags and destinations', () => {
    const { hits, add } = memory(16);
    add({ port: 7000, at: 1, from: '10.0.0.2' });
    add({ port: 7000, at: 2, from: '::a00:1' });
    add({ port: 7000, at: 3, flags: 18 });
    add({ port: 7000, at: 4, local: false });
    assert.deepEqual(hits.read(ME, SSH, 5), []);
    const behind = door('behind', '7000,8000', { target: address('10.0.0.254') });
    assert.equal(
      hits.read(ME, behind, 5).length,
      2,
      'a target counts whether it is an address of this host or not',
    );
    assert.deepEqual(hits.read(ME, door('b', '7000,1', { target: address('10.0.0.253') }), 5), []);
  });

  test('marks a packet that comes again', () => {
    const { hits, add } = memory(16);
    add({ port: 7000, at: 1, sourcePort: 5, identity: 5 });
    add({ port: 7000, at: 2, sourcePort: 6, identity: 5 });
    add({ port: 7000, at: 3, sourcePort: 5, identity: 5 });
    assert.deepEqual(
      hits.read(ME, SSH, 3).map(({ copyOf }) => copyOf),
      [undefined, undefined, 0],
    );
  });

  test('forgets the oldest of all, and nothing else, however many sources there are', () => {
    const { hits, add } = memory(64);
    add({ port: 7000, at: 0 });
    for (let n = 1; n < 62; n++) add({ port: 7000, at: n, from: `10.1.0.${n}` });
    assert.equal(hits.read(ME, SSH, 64).length, 1);
    for (let n = 62; n < 66; n++) add({ port: 7000, at: n, from: `10.1.0.${n}` });
    assert.equal(hits.read(ME, SSH, 70).length, 0);
    assert.equal(hits.read(address('10.1.0.65'), SSH, 70).length, 1);
    for (let n = 0; n < 1000; n++) add({ port: 7000, at: 100 + n, from: `10.1.0.${n % 70}` });
    for (let n = 0; n < 70; n++) {
      const read = hits.read(address(`10.1.0.${n}`), SSH, 1100);
      const expected = Array.from({ length: 63 }, (_, i) => 1000 - 63 + i).filter((i) => i % 70 === n);
      assert.deepEqual(
        read.map(({ age }) => age),
        expected.map((i) => 1000 - i),
      );
    }
  });

  test('returns the newest hits of a source that sends too many, and correct ages when the clock wraps around', () => {
    const { hits, add } = memory(256);
    const start = 2 ** 31 - 50;
    for (let n = 0; n < 100; n++) add({ port: 7000, at: start + n });
    const read = hits.read(ME, SSH, start + 100);
    assert.equal(read.length, MAX_HITS);
    assert.deepEqual([read.at(0)?.age, read.at(-1)?.age], [MAX_HITS, 1]);
  });
});

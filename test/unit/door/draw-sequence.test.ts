// Sequences that init draws: unlike those that people choose, and far from what is used.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { suite, test } from 'node:test';
import { drawSequence } from '../../../src/core/door/draw-sequence.ts';
import { isBrowserPort } from '../../../src/core/net/browser-ports.ts';
import { repeats } from '../../lab/effort.ts';

/** The ports that may be drawn are listed anew for each. */
const DRAWN = repeats('BUSSA_DRAWN', { quick: 60, full: 200 });

const draw = (limit: number): number => randomInt(limit);

suite('drawn sequences', () => {
  test(`${DRAWN} of them keep to the rules`, () => {
    const avoid = new Set(Array.from({ length: 10_000 }, (_, i) => 5_000 + i));
    const seen = new Set<string>();
    for (let i = 0; i < DRAWN; i++) {
      const knocks = 3 + (i % 4);
      const sequence = drawSequence({ knocks, avoid, draw });
      const ports = (sequence ?? []).map(({ port }) => port as number);
      const text = ports.join();
      assert.equal(ports.length, knocks);
      for (const [at, port] of ports.entries()) {
        assert.ok(isBrowserPort(port), text);
        assert.ok(port >= 2000 && port <= 29_999 && !avoid.has(port) && port % 100 !== 0, text);
        for (const other of ports.slice(at + 1)) assert.ok(Math.abs(other - port) > 64, text);
      }
      const rises = ports.slice(1).every((port, at) => port > (ports[at] as number));
      const falls = ports.slice(1).every((port, at) => port < (ports[at] as number));
      assert.ok(!rises && !falls, text);
      for (const known of [8080, 8443, 3306, 7777, 12_345, 12_321, 2525])
        assert.ok(!ports.includes(known), text);
      seen.add(text);
    }
    assert.equal(seen.size, DRAWN);
  });

  test('where only ports are left that browsers refuse, there is none', () => {
    for (const refused of [3659, 4045, 6665, 6666, 6668, 6669, 6679]) {
      const avoid = new Set(Array.from({ length: 30_000 }, (_, i) => i).filter((port) => port !== refused));
      assert.equal(drawSequence({ knocks: 1, avoid, draw }), undefined, `${refused}`);
    }
  });

  test('each draw takes part in the outcome', () => {
    const first = drawSequence({ knocks: 4, avoid: new Set(), draw: () => 0 });
    const other = drawSequence({ knocks: 4, avoid: new Set(), draw: (limit) => limit - 1 });
    assert.notDeepEqual(first, other);
  });

  test('where there is no room there is none', () => {
    const avoid = new Set(Array.from({ length: 65_536 }, (_, port) => port).filter((port) => port !== 2003));
    assert.equal(drawSequence({ knocks: 1, avoid, draw })?.[0].port, 2003);
    assert.equal(drawSequence({ knocks: 2, avoid, draw }), undefined);
  });
});

// The engine of codes beside a naive model: for each source and pair of numbers, the digits that were knocked first.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../lab/seed.ts';
import { codeDoor, TestCodes } from '../unit/code/code-knocks.ts';

const DOORS = [codeDoor('a', [17, 23]), codeDoor('b', [23, 17]), codeDoor('c', [17, 29])];
const SOURCES = ['10.0.0.1', '10.0.0.2', '192.0.2.7'];
const TIMEOUT = 25_000;

const knock = fc.record({
  from: fc.constantFrom(...SOURCES),
  prefix: fc.constantFrom(17, 23, 29, 31),
  digits: fc.nat({ max: 3 }),
  wait: fc.constantFrom(0, 10, 5000, 12_500, 25_000, 25_001),
  flags: fc.constantFrom(2, 2, 2, 2, 18, 16, 4),
  udp: fc.boolean(),
});

describe('codes from any packets', () => {
  test('are those of a naive model', (t) => {
    const property = fc.property(fc.array(knock, { maxLength: 60 }), (knocks) => {
      const codes = new TestCodes(DOORS);
      const halves = new Map<string, { readonly digits: number; readonly at: number }>();
      let at = 0;
      for (const { from, prefix, digits, wait, flags, udp } of knocks) {
        at += wait;
        const said = codes.offer({ from, port: prefix * 1000 + digits, at, flags, udp });
        const completed: string[] = [];
        const isHalf = (udp || flags === 2) && prefix !== 31;
        for (const { name, codePorts } of isHalf ? DOORS : []) {
          const key = `${from} ${name}`;
          const [first, second] = codePorts;
          const half = halves.get(key);
          if (prefix === first) halves.set(key, { digits, at });
          if (prefix !== second || half === undefined) continue;
          halves.delete(key);
          const code = String(half.digits * 1000 + digits).padStart(6, '0');
          if (at - half.at <= TIMEOUT) completed.push(`${name} ${code}`);
        }
        const expected = !isHalf ? ['nothing'] : completed.length > 0 ? completed : ['half'];
        assert.deepEqual(said, expected);
      }
    });
    fc.assert(property, seeded(t));
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Ban, BanList, parseBan, renderBan } from '../../src/core/ban/ban-list.ts';
import { type Address, renderAddress } from '../../src/core/net/address.ts';
import { prefixAround, prefixHas, renderPrefix } from '../../src/core/net/prefix.ts';
import { instant } from '../../src/core/net/time.ts';
import { seeded } from '../lab/seed.ts';

const KEY = [0x1357_9bdf, 0x2468_ace0] as const;

/** Few enough that prefixes and sources meet. */
const WORD = fc.constantFrom(0, 1, 0x0a00_0000, 0x0a00_0001, 0x0a00_00ff, 0xffff_ffff);
const SOURCE: fc.Arbitrary<Address> = fc
  .tuple(fc.constantFrom(4 as const, 6 as const), WORD, WORD, WORD)
  .map(([family, a, b, c]) => renderAddress(family, 0x2001_0db8, a, b, c));
const BAN: fc.Arbitrary<Ban> = fc
  .record({ source: SOURCE, cut: fc.nat(128), until: fc.option(fc.nat(1000)) })
  .map(({ source, cut, until }) => ({
    prefix: prefixAround(source, source.includes(':') ? cut : cut % 33),
    ...(until === null ? {} : { until: instant(until) }),
  }));
const ACT = fc.oneof(
  BAN.map((ban) => ({ kind: 'add' as const, ban })),
  BAN.map((ban) => ({ kind: 'remove' as const, ban })),
);

describe('the list of bans', () => {
  test('says of every source what a list of prefixes says', (t) => {
    fc.assert(
      fc.property(
        fc.array(ACT, { maxLength: 60 }),
        fc.array(SOURCE, { maxLength: 20 }),
        fc.nat(1000),
        (acts, sources, at) => {
          const list = new BanList(1000, KEY);
          const model = new Map<string, Ban>();
          for (const { kind, ban } of acts) {
            const name = renderPrefix(ban.prefix);
            if (kind === 'add') {
              assert.equal(list.add(ban, instant(0)), model.has(name) ? 'changed' : 'added');
              model.delete(name);
              model.set(name, ban);
            } else assert.equal(list.remove(ban.prefix), model.delete(name));
          }
          const now = instant(at);
          const holding = [...model.values()].filter(({ until = Number.POSITIVE_INFINITY }) => until > at);
          for (const source of sources) {
            const hit = holding.some(({ prefix }) => prefixHas(prefix, source));
            assert.equal(list.hasAddress(source, now), hit, source);
          }
          assert.deepEqual(new Set(list.list(now)), new Set(holding));
          for (const source of sources)
            assert.deepEqual(
              new Set(list.of(source, now)),
              new Set(holding.filter(({ prefix }) => prefixHas(prefix, source))),
            );
          assert.deepEqual(list.lines(now).map(parseBan), list.list(now));
        },
      ),
      seeded(t, { numRuns: 300 }),
    );
  });

  test('a line of the file is read as it was written, and any other is none', (t) => {
    fc.assert(
      fc.property(BAN, (ban) => assert.deepEqual(parseBan(renderBan(ban)), ban)),
      seeded(t, { numRuns: 300 }),
    );
    for (const line of [
      '',
      '10.0.0.1',
      '10.0.0.1 ',
      '10.0.0.1 x',
      '10.0.0.1 - -',
      '10.0.0.1/8 -',
      'x -',
      '10.0.0.1 -1',
    ]) {
      assert.equal(parseBan(line), undefined, line);
    }
  });

  test('many bans lifted, many over: of each of them nothing is left, whatever the clock says then', () => {
    const list = new BanList(10_000, KEY);
    const sources = Array.from({ length: 6000 }, (_, at) => renderAddress(4, 0, 0, 0, 0x0a00_0000 + at));
    for (const [at, source] of sources.entries()) {
      const until = at % 2 === 0 ? {} : { until: instant(100) };
      list.add({ prefix: prefixAround(source, 32), ...until }, instant(0));
    }
    for (const [at, source] of sources.entries()) {
      if (at % 4 === 0) assert.equal(list.remove(prefixAround(source, 32)), true);
    }
    assert.equal(list.count(instant(200)), 1500);
    for (const [at, source] of sources.entries()) {
      assert.equal(list.hasAddress(source, instant(50)), at % 4 === 2, source);
      assert.equal(list.of(source, instant(50)).length, at % 4 === 2 ? 1 : 0);
    }
  });

  test('is full at its limit, until a time is over', () => {
    const list = new BanList(2, KEY);
    const ban = (text: string, until?: number): string => {
      const parsed = parseBan(`${text} ${until ?? '-'}`);
      assert.ok(parsed !== undefined);
      return list.add(parsed, instant(10));
    };
    assert.equal(ban('10.0.0.1'), 'added');
    assert.equal(ban('10.0.0.2', 20), 'added');
    assert.equal(ban('10.0.0.3'), 'full');
    assert.equal(ban('10.0.0.2', 5), 'changed');
    assert.equal(ban('10.0.0.3'), 'added');
  });
});

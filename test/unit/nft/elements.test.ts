import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { millis } from '../../../src/core/net/time.ts';
import { changesForGrants, changesForRevoke } from '../../../src/core/nft/elements.ts';
import { setName } from '../../../src/core/nft/set-name.ts';
import { attachedTable, isAttachedSet, OWN_TABLE } from '../../../src/core/nft/table.ts';
import { renderTimeout } from '../../../src/core/nft/timeout.ts';
import { seeded } from '../../lab/seed.ts';
import { address, grant } from './nft-gates.ts';

describe('elements', () => {
  test('a grant takes the old element out, whether or not there is one, and puts the new one in', () => {
    const [source, left] = [address('192.0.2.7'), millis(60_000)];
    assert.deepEqual(changesForGrants([OWN_TABLE], [grant('ssh', '192.0.2.7')]), [
      { ownTable: OWN_TABLE, set: 'd_ssh_4', out: [source], into: [{ source, left }] },
    ]);
  });

  test('many grants: a change for each set, the last grant of a source, none that is over', () => {
    const over = { ...grant('ssh', '192.0.2.9'), left: millis(0) };
    const longer = { ...grant('ssh', '192.0.2.7'), left: millis(120_000) };
    const all = [
      grant('ssh', '192.0.2.7'),
      grant('ssh', '192.0.2.8'),
      over,
      grant('web', '2001:db8::7'),
      longer,
    ];
    assert.deepEqual(changesForGrants([OWN_TABLE], all), [
      {
        ownTable: OWN_TABLE,
        set: 'd_ssh_4',
        out: ['192.0.2.7', '192.0.2.8', '192.0.2.9'],
        into: [
          { source: '192.0.2.7', left: 120_000 },
          { source: '192.0.2.8', left: 60_000 },
        ],
      },
      {
        ownTable: OWN_TABLE,
        set: 'd_web_6',
        out: ['2001:db8::7'],
        into: [{ source: '2001:db8::7', left: 60_000 }],
      },
    ]);
  });

  test('a revocation concerns the tables of the source’s family', () => {
    const four = attachedTable({ family: 'ip', table: 'filter' });
    const six = attachedTable({ family: 'ip6', table: 'filter' });
    const both = attachedTable({ family: 'inet', table: 'more' });
    const source = address('2001:db8::7');
    assert.deepEqual(changesForRevoke([four, six, both], 'ssh', source), [
      { ownTable: six, set: 'bussa_ssh_6', out: [source], into: [] },
      { ownTable: both, set: 'bussa_ssh_6', out: [source], into: [] },
    ]);
  });

  const timeouts: readonly (readonly [number, string])[] = [
    [0, '1ms'],
    [1.2, '2ms'],
    [999, '999ms'],
    [60_000, '1m'],
    [5_400_000, '1h30m'],
    [604_800_001, '7d1ms'],
    [90_061_001, '1d1h1m1s1ms'],
    [Number.MAX_VALUE, '99999d'],
  ];
  for (const [length, text] of timeouts) {
    test(`${length} ms is ${text}`, () => assert.equal(renderTimeout(millis(length)), text));
  }
});

describe('the name of a set', () => {
  const names: readonly (readonly [string, string])[] = [
    ['ssh', 'd_ssh_4'],
    ['2nd', 'd_2nd_4'],
    ['openSSH', 'd_open_53_53_48_4'],
    ['a b', 'd_a_20b_4'],
    ['x; flush ruleset', 'd_x_3__cfe1c094d2f47e40_4'],
    ['ü', 'd__c3_bc_4'],
    ['aaaaaaaaaaaaaaaaaaaaa', 'd_aaaaaaaaaaaaaaaaaaaaa_4'],
    ['aaaaaaaaaaaaaaaaaaaaaa', 'd_aaa__78d7bc3fd74f951b_4'],
  ];
  for (const [door, name] of names) {
    test(`of ${JSON.stringify(door)} is ${name}`, () => assert.equal(setName('d_', door, 4), name));
  }

  test('is an identifier of 31 characters at most, known as Bussa’s, and no other door’s', (t) => {
    const door = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .map((text) => text.toWellFormed());
    fc.assert(
      fc.property(door, door, (a, b) => {
        const name = setName('bussa_', a, 6);
        assert.match(name, /^[a-z][a-z0-9_]{0,30}$/);
        assert.ok(isAttachedSet(name));
        assert.equal(name === setName('bussa_', b, 6), a === b);
      }),
      seeded(t),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { millis } from '../../../src/core/net/time.ts';
import { renderGrants, renderRevoke } from '../../../src/core/nft/elements.ts';
import { guestHome, isGuestSet, OWN_HOME } from '../../../src/core/nft/home.ts';
import { setName } from '../../../src/core/nft/set-name.ts';
import { renderTimeout } from '../../../src/core/nft/timeout.ts';
import { seeded } from '../../property/seed.ts';
import { address, grant } from './part.ts';

describe('elements', () => {
  test('a grant takes the old element out, whether or not there is one, and puts the new one in', () => {
    assert.deepEqual(renderGrants([OWN_HOME], [grant('ssh', '192.0.2.7')]), [
      'add element inet bussa d_ssh_4 { 192.0.2.7 timeout 1s }',
      'delete element inet bussa d_ssh_4 { 192.0.2.7 }',
      'add element inet bussa d_ssh_4 { 192.0.2.7 timeout 1m }',
    ]);
  });

  test('many grants: a command for each set, the last grant of a source, none that is over', () => {
    const over = { ...grant('ssh', '192.0.2.9'), left: millis(0) };
    const longer = { ...grant('ssh', '192.0.2.7'), left: millis(120_000) };
    const all = [
      grant('ssh', '192.0.2.7'),
      grant('ssh', '192.0.2.8'),
      over,
      grant('web', '2001:db8::7'),
      longer,
    ];
    assert.deepEqual(renderGrants([OWN_HOME], all), [
      'add element inet bussa d_ssh_4 { 192.0.2.7 timeout 1s, 192.0.2.8 timeout 1s, 192.0.2.9 timeout 1s }',
      'delete element inet bussa d_ssh_4 { 192.0.2.7, 192.0.2.8, 192.0.2.9 }',
      'add element inet bussa d_ssh_4 { 192.0.2.7 timeout 2m, 192.0.2.8 timeout 1m }',
      'add element inet bussa d_web_6 { 2001:db8::7 timeout 1s }',
      'delete element inet bussa d_web_6 { 2001:db8::7 }',
      'add element inet bussa d_web_6 { 2001:db8::7 timeout 1m }',
    ]);
  });

  test('a revocation concerns the tables of the source’s family', () => {
    const homes = [
      guestHome({ family: 'ip', table: 'filter' }),
      guestHome({ family: 'ip6', table: 'filter' }),
      guestHome({ family: 'inet', table: 'more' }),
    ];
    assert.deepEqual(renderRevoke(homes, 'ssh', address('2001:db8::7')), [
      'add element ip6 filter bussa_ssh_6 { 2001:db8::7 timeout 1s }',
      'delete element ip6 filter bussa_ssh_6 { 2001:db8::7 }',
      'add element inet more bussa_ssh_6 { 2001:db8::7 timeout 1s }',
      'delete element inet more bussa_ssh_6 { 2001:db8::7 }',
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
        assert.ok(isGuestSet(name));
        assert.equal(name === setName('bussa_', b, 6), a === b);
      }),
      seeded(t),
    );
  });
});

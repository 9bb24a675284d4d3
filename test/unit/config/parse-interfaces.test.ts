import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseInterfaceSetting } from '../../../src/core/config/values/parse-interfaces.ts';

describe('parseInterfaceSetting', () => {
  const good: readonly (readonly [string, unknown])[] = [
    ['eth0', { kind: 'named', names: ['eth0'] }],
    ['eth0,wlan0', { kind: 'named', names: ['eth0', 'wlan0'] }],
    [' br-lan\t, eth0.100 ,veth_ab12', { kind: 'named', names: ['br-lan', 'eth0.100', 'veth_ab12'] }],
    ['abcdefghijklmno', { kind: 'named', names: ['abcdefghijklmno'] }],
    ['any', { kind: 'any' }],
    [' Any ', { kind: 'any' }],
    ['auto', { kind: 'auto' }],
    ['anyone', { kind: 'named', names: ['anyone'] }],
  ];
  for (const [text, choice] of good) {
    it(`takes "${text}"`, () => assert.deepEqual(parseInterfaceSetting(text), { kind: 'ok', choice }));
  }

  const missing = 'an interface is missing: name one, as in eth0 or eth0,wlan0, or write any or auto';
  const bad: readonly (readonly [string, readonly (readonly [number, string])[]])[] = [
    ['', [[0, missing]]],
    ['eth0,', [[5, missing]]],
    ['eth0,eth1, eth0', [[11, '"eth0" is already named: name each interface once']]],
    ['any,eth0', [[0, 'any cannot be combined with other interfaces']]],
    ['eth0,auto', [[5, 'auto cannot be combined with other interfaces']]],
    ['eth0 eth1', [[0, '"eth0 eth1" is not an interface: separate the names with commas']]],
    ['/dev/eth0', [[0, '"/dev/eth0" is not an interface: give its name alone, as in eth0']]],
    ['eth0:1', [[0, '"eth0:1" labels an address: name its interface, "eth0"']]],
    ['..', [[0, '".." is not an interface: no interface has this name']]],
    ['abcdefghijklmnop', [[0, '"abcdefghijklmnop" is not an interface: a name has 15 bytes at most']]],
    ['üüüüüüüü', [[0, '"üüüüüüüü" is not an interface: a name has 15 bytes at most']]],
    [
      '.,/',
      [
        [0, '"." is not an interface: no interface has this name'],
        [2, '"/" is not an interface: give its name alone, as in eth0'],
      ],
    ],
  ];
  for (const [text, expected] of bad) {
    it(`refuses "${text}"`, () => {
      const mistakes = expected.map(([offset, message]) => ({ offset, message }));
      assert.deepEqual(parseInterfaceSetting(text), { kind: 'bad', mistakes });
    });
  }
});

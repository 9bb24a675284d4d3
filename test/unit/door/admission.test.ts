import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileAdmission, renderAdmission, sameAdmission } from '../../../src/core/door/admission.ts';
import { parseAddress } from '../../../src/core/net/address.ts';
import { type Prefix, parsePrefix } from '../../../src/core/net/prefix.ts';

const list = (...texts: readonly string[]): readonly Prefix[] => texts.map((text) => parsePrefix(text)!);

describe('who may knock', () => {
  const cases: readonly (readonly [
    name: string,
    allow: readonly string[],
    deny: readonly string[],
    admitted: readonly string[],
    refused: readonly string[],
  ])[] = [
    ['nothing said: everybody', [], [], ['192.0.2.1', '2001:db8::1', '0.0.0.0', '::'], []],
    [
      'allowed networks: nobody else, of the other family neither',
      ['192.0.2.0/25', '198.51.100.7'],
      [],
      ['192.0.2.0', '192.0.2.127', '198.51.100.7'],
      ['192.0.2.128', '192.0.1.255', '198.51.100.6', '::192.0.2.1', '2001:db8::1'],
    ],
    [
      'denied networks: everybody else',
      [],
      ['2001:db8::/33', '192.0.2.1'],
      ['2001:db8:8000::', '192.0.2.2'],
      ['2001:db8::', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', '192.0.2.1'],
    ],
    [
      'both: what is denied is not allowed, however wide the denied network',
      ['192.0.2.0/24', '203.0.113.9'],
      ['192.0.2.64/26', '203.0.113.0/24'],
      ['192.0.2.63', '192.0.2.128'],
      ['192.0.2.64', '192.0.2.127', '203.0.113.9', '198.51.100.1'],
    ],
    ['everybody of one family', ['::/0'], [], ['::1', 'ffff::'], ['192.0.2.1', '0.0.0.0']],
    ['nobody of one family', [], ['0.0.0.0/0'], ['::1', '::ffff:192.0.2.1'], ['192.0.2.1']],
    ['a single bit', ['128.0.0.0/1'], [], ['128.0.0.0', '255.255.255.255'], ['127.255.255.255']],
  ];
  for (const [name, allow, deny, admitted, refused] of cases) {
    it(name, () => {
      const admits = compileAdmission({
        ...(allow.length === 0 ? {} : { allow: list(...allow) }),
        ...(deny.length === 0 ? {} : { deny: list(...deny) }),
      });
      for (const address of admitted) assert.equal(admits(parseAddress(address)!), true, address);
      for (const address of refused) assert.equal(admits(parseAddress(address)!), false, address);
    });
  }
});

describe('the same admission', () => {
  it('is one of the same networks in any order and however often', () => {
    const a = { allow: list('192.0.2.0/24', '::1'), deny: list('192.0.2.1') };
    const b = { allow: list('::1', '192.0.2.0/24', '::1'), deny: list('192.0.2.1/32') };
    assert.equal(sameAdmission(a, b), true);
    assert.equal(renderAdmission(a), 'allow 192.0.2.0/24,::1 deny 192.0.2.1');
  });
  it('is not one of others, nor of the same the other way round', () => {
    const networks = list('192.0.2.0/24');
    assert.equal(sameAdmission({ allow: networks }, {}), false);
    assert.equal(sameAdmission({ allow: networks }, { deny: networks }), false);
    assert.equal(sameAdmission({ allow: networks }, { allow: list('192.0.2.0/25') }), false);
  });
});

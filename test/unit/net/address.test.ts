import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressWords, familyOf, parseAddress, renderAddress } from '../../../src/core/net/address.ts';

/** Spellings beside the canonical text. */
const SPELLINGS: readonly (readonly [text: string, canonical: string])[] = [
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['192.0.2.1', '192.0.2.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  // RFC 5952 section 4.2.2: one group of zeros is not shortened.
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  // Section 4.2.3: the longest run, and the first of two.
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['0:0:1::', '0:0:1::'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['::FFFF:c000:201', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
  ['::ffff:0:0', '::ffff:0.0.0.0'],
  ['::fffe:192.0.2.1', '::fffe:c000:201'],
];

const MISTAKES = [
  '',
  ' ',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '256.1.1.1',
  '1.2.3.999',
  '01.2.3.4',
  '1.2.3.00',
  '0x1.2.3.4',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.4\n',
  '1.2.3.4/32',
  '+1.2.3.4',
  '-1.2.3.4',
  '1e1.2.3.4',
  '１.2.3.4',
  ':',
  ':::',
  '::1::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  ':1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7:8:',
  ':1',
  '1:',
  '12345::',
  '::g',
  '::1%eth0',
  '::1/128',
  '[::1]',
  '::1 ',
  '::1\n',
  '::1.2.3',
  '::1.2.3.4.5',
  '::256.0.0.1',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '1:2:3:4:5:6:7:1.2.3.4',
  '::+1',
  '::-1',
  ':: 1',
  'localhost',
  'example.net',
  'fe80::1%1',
];

describe('an address', () => {
  for (const [text, canonical] of SPELLINGS) {
    test(`${text} is ${canonical}`, () => {
      const address = parseAddress(text);
      assert.equal(address, canonical);
      assert.ok(address !== undefined);
      assert.equal(renderAddress(familyOf(address), ...addressWords(address)), canonical);
    });
  }

  for (const text of MISTAKES) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseAddress(text), undefined));
  }

  test('as words, unsigned, an IPv4 address in the last', () => {
    const words = (text: string) => {
      const address = parseAddress(text);
      assert.ok(address !== undefined);
      return [familyOf(address), ...addressWords(address)];
    };
    assert.deepEqual(words('255.0.0.1'), [4, 0, 0, 0, 0xff000001]);
    assert.deepEqual(words('fd07::8000:1'), [6, 0xfd070000, 0, 0, 0x80000001]);
    assert.deepEqual(words('::ffff:1.2.3.4'), [6, 0, 0, 0xffff, 0x01020304]);
  });

  test('of a text that is none has no words', () => {
    // Only a cast can bring such a text here: our own bug, which is loud.
    assert.throws(
      () => addressWords('nonsense' as ReturnType<typeof renderAddress>),
      /not a canonical address: nonsense/,
    );
  });
});

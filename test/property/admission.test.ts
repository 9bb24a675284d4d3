import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { compileAdmission } from '../../src/core/door/admission.ts';
import {
  type Address,
  addressWords,
  type Family,
  familyOf,
  renderAddress,
} from '../../src/core/net/address.ts';
import {
  type Prefix,
  parsePrefix,
  prefixAround,
  prefixHas,
  renderPrefix,
} from '../../src/core/net/prefix.ts';
import { seeded } from '../lab/seed.ts';

/** Few different bits, so that addresses and prefixes meet. */
const word = fc.constantFrom(0, 1, 0x8000_0000, 0x8000_0001, 0xffff_ffff, 0x0102_0304);
const family = fc.constantFrom<Family>(4, 6);
const address: fc.Arbitrary<Address> = fc
  .tuple(family, word, word, word, word)
  .map(([which, ...words]) => renderAddress(which, ...words));
const prefix: fc.Arbitrary<Prefix> = fc
  .tuple(address, fc.nat({ max: 128 }))
  .map(([base, length]) => prefixAround(base, familyOf(base) === 4 ? length % 33 : length));

/** The address as a text of 32 or 128 binary digits. */
function bitsOf(each: Address): string {
  const words = addressWords(each).map((value) => value.toString(2).padStart(32, '0'));
  return familyOf(each) === 4 ? (words[3] ?? '') : words.join('');
}

it('a prefix has the addresses of its family that begin with its bits, and reads back as it is written', (t) => {
  const property = fc.property(prefix, address, (range, source) => {
    const begins = bitsOf(source).startsWith(bitsOf(range.base).slice(0, range.length));
    assert.equal(prefixHas(range, source), familyOf(range.base) === familyOf(source) && begins);
    assert.deepEqual(parsePrefix(renderPrefix(range)), range);
  });
  fc.assert(property, seeded(t, { numRuns: 5_000 }));
});

it('admits as looking at every prefix does', (t) => {
  const prefixes = fc.array(prefix, { maxLength: 8 });
  const property = fc.property(prefixes, prefixes, address, (allow, deny, source) => {
    const among = (list: readonly Prefix[]): boolean => list.some((each) => prefixHas(each, source));
    const expected = !among(deny) && (allow.length === 0 || among(allow));
    assert.equal(compileAdmission({ allow, deny })(source), expected);
  });
  fc.assert(property, seeded(t, { numRuns: 5_000 }));
});

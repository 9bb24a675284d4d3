import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  addressWords,
  type Family,
  familyOf,
  parseAddress,
  renderAddress,
} from '../../src/core/net/address.ts';
import { AddressTable } from '../../src/core/net/address-table.ts';
import { seeded } from '../lab/seed.ts';

/** Groups of 16 bits, many of them 0, as real addresses have them. */
const group = fc.oneof(fc.constant(0), fc.constantFrom(1, 0xffff, 0x0db8), fc.nat({ max: 0xffff }));
const word = fc.tuple(group, group).map(([high, low]) => ((high << 16) | low) >>> 0);
const words6 = fc.tuple(word, word, word, word);
const words4 = word.map((value) => [0, 0, 0, value] as [number, number, number, number]);
const numbered = fc.oneof(
  words4.map((words) => ({ family: 4 as Family, words })),
  words6.map((words) => ({ family: 6 as Family, words })),
);

/** Texts that look like addresses, right and wrong ones. */
const almost = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.stringMatching(/^[0-9a-fA-F:.]{1,40}$/),
  fc
    .array(
      fc.oneof(fc.constantFrom(':', '::', '.', '%', ' '), fc.stringMatching(/^[0-9a-f]{1,5}$/), fc.ipV4()),
      { maxLength: 17, size: 'max' },
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(numbered, fc.nat(), fc.constantFrom(':', '.', '0', '', 'f', '::'))
    .map(([{ family, words }, at, middle]) => {
      const text = renderAddress(family, ...words);
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + middle + text.slice(cut + 1);
    }),
);

describe('addresses', () => {
  test('what is rendered is parsed back', (t) => {
    const property = fc.property(numbered, ({ family, words }) => {
      const text = renderAddress(family, ...words);
      assert.equal(parseAddress(text), text);
      assert.equal(familyOf(text), family);
      assert.deepEqual(addressWords(text), words);
    });
    fc.assert(property, seeded(t, { numRuns: 3000 }));
  });

  test('are what node:net takes for one, but for zones', (t) => {
    const property = fc.property(almost, (text) => {
      const address = parseAddress(text);
      assert.equal(address === undefined ? 0 : familyOf(address), text.includes('%') ? 0 : isIP(text), text);
    });
    fc.assert(property, seeded(t, { numRuns: 10_000 }));
  });

  test('of IPv6 are written as the URL standard writes them, IPv4-mapped ones as RFC 5952 does', (t) => {
    const property = fc.property(words6, (words) => {
      const text = renderAddress(6, ...words);
      const url = new URL(`http://[${text}]/`).hostname.slice(1, -1);
      if (text.includes('.')) assert.match(url, /^::ffff:[0-9a-f]+:[0-9a-f]+$/);
      else assert.equal(text, url);
      assert.equal(parseAddress(url), text, 'two spellings of one address are one text');
    });
    fc.assert(property, seeded(t, { numRuns: 5000 }));
  });

  test('spelled in full, in capitals, with zeros, or shortened elsewhere are the same', (t) => {
    const property = fc.property(words6, fc.boolean(), fc.boolean(), (words, padded, capitals) => {
      const groups = words.flatMap((one) => [one >>> 16, one & 0xffff]);
      const full = groups.map((one) => one.toString(16).padStart(padded ? 4 : 1, '0')).join(':');
      assert.equal(parseAddress(capitals ? full.toUpperCase() : full), renderAddress(6, ...words));
      const dotted = renderAddress(4, 0, 0, 0, words[3]);
      const head = groups
        .slice(0, 6)
        .map((one) => one.toString(16))
        .join(':');
      assert.equal(parseAddress(`${head}:${dotted}`), renderAddress(6, ...words));
    });
    fc.assert(property, seeded(t, { numRuns: 2000 }));
  });

  test('a table of them has what a set has', (t) => {
    const property = fc.property(
      fc.array(numbered, { maxLength: 60, size: 'max' }),
      fc.array(numbered),
      (held, asked) => {
        const texts = new Set(held.map(({ family, words }) => renderAddress(family, ...words)));
        const table = new AddressTable(texts, { loopback: false });
        assert.equal(table.size, texts.size);
        for (const { family, words } of [...held, ...asked]) {
          assert.equal(table.has(family, ...words), texts.has(renderAddress(family, ...words)));
        }
      },
    );
    fc.assert(property, seeded(t, { numRuns: 1000 }));
  });
});

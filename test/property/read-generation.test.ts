import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isForeignChange } from '../../src/host/firewall/ruleset/read-generation.ts';
import { seeded } from '../lab/seed.ts';

const LITTLE = endianness() === 'LE';
const NEW_GENERATION = 0x0a0f;
const NEW_ELEMENT = 0x0a0c;

/** struct nlmsghdr, struct nfgenmsg, attributes; padded to four bytes. */
function message(type: number, ...attributes: readonly Uint8Array[]): Uint8Array {
  const length = 20 + attributes.reduce((sum, one) => sum + one.length, 0);
  const bytes = new Uint8Array((length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, LITTLE);
  view.setUint16(4, type, LITTLE);
  let at = 20;
  for (const attribute of attributes) {
    bytes.set(attribute, at);
    at += attribute.length;
  }
  return bytes;
}

function attribute(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 8, LITTLE);
  view.setUint16(2, type, LITTLE);
  view.setUint32(4, value);
  return bytes;
}

const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((one) => [...one]));

const generation = (pid: number): Uint8Array => message(NEW_GENERATION, attribute(1, 77), attribute(2, pid));

describe('whose change of the rules', () => {
  test('is found in the message that ends a transaction', () => {
    assert.equal(isForeignChange(generation(4711), 4711), false);
    assert.equal(isForeignChange(generation(4712), 4711), true);
    assert.equal(isForeignChange(message(NEW_ELEMENT, attribute(2, 4712)), 4711), false);
    const both = join(message(NEW_ELEMENT), generation(4711), message(NEW_ELEMENT), generation(4712));
    assert.equal(isForeignChange(both, 4711), true);
    assert.equal(isForeignChange(join(generation(4711), generation(4711)), 4711), false);
    assert.equal(isForeignChange(new Uint8Array(0), 4711), false);
  });

  test('counts as foreign if the message does not name the process', () => {
    assert.equal(isForeignChange(message(NEW_GENERATION), 4711), true);
    assert.equal(isForeignChange(message(NEW_GENERATION, attribute(1, 4711)), 4711), true);
    assert.equal(isForeignChange(message(NEW_GENERATION, new Uint8Array(4)), 4711), true);
    assert.equal(isForeignChange(generation(4711).subarray(0, 24), 4711), true);
  });

  test('is read from bytes of any kind, at any place in memory, without a throw', (t) => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(100).map(generation),
      fc.nat(100).map((pid) => generation(pid).subarray(0, 30)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.nat(7), (parts, offset) => {
        const bytes = join(new Uint8Array(offset), ...parts).subarray(offset);
        assert.equal(typeof isForeignChange(bytes, 50), 'boolean');
      }),
      seeded(t),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressWords, familyOf } from '../../../src/core/net/address.ts';
import { AddressTable } from '../../../src/core/net/address-table.ts';
import { address } from '../attempt/knocks.ts';

function has(table: AddressTable, text: string): boolean {
  const one = address(text);
  return table.has(familyOf(one), ...addressWords(one));
}

const table = (texts: readonly string[], loopback = false): AddressTable =>
  new AddressTable(texts.map(address), { loopback });

describe('the table of addresses', () => {
  test('of none has none', () => {
    for (const text of ['0.0.0.0', '::', '127.0.0.1']) assert.equal(has(table([]), text), false);
    assert.equal(table([]).size, 0);
  });

  test('has what it was made of, and nothing that differs in family or a word', () => {
    const some = table(['10.0.0.1', 'fd00::1', '::a00:1', '10.0.0.1']);
    assert.equal(some.size, 3);
    for (const text of ['10.0.0.1', 'fd00::1', '::10.0.0.1']) assert.ok(has(some, text), text);
    for (const text of ['10.0.0.2', 'fd00::2', '::1', '::ffff:10.0.0.1', 'fd00:0:1::1', 'fd00:0:0:0:1::1']) {
      assert.equal(has(some, text), false, text);
    }
  });

  test('can hold the address that is all zeros', () => {
    assert.ok(has(table(['0.0.0.0']), '0.0.0.0'));
    assert.equal(has(table(['0.0.0.0']), '::'), false);
    assert.ok(has(table(['::']), '::'));
  });

  test('with the loopback has all of 127.0.0.0/8 (RFC 1122), and no more', () => {
    const own = table(['10.0.0.1'], true);
    for (const text of ['127.0.0.0', '127.0.0.1', '127.255.255.255']) assert.ok(has(own, text), text);
    for (const text of ['126.255.255.255', '128.0.0.0', '255.0.0.1', '::1', '::127.0.0.1']) {
      assert.equal(has(own, text), false, text);
    }
  });

  test('holds 10,000, and those in which only the highest bits differ', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `${1 + (i % 250)}.${Math.floor(i / 250)}.0.1`);
    const full = table(many);
    assert.equal(full.size, 10_000);
    assert.ok(many.every((text) => has(full, text)));
    assert.equal(has(full, '1.0.0.2'), false);
  });
});

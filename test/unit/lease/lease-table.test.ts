import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, LeaseTable } from '../../../src/core/lease/lease-table.ts';
import { address } from '../attempt/knocks.ts';
import { lease } from './leases.ts';

const OPENED = { ports: [] as never, singleUse: false, hold: false, closeKills: false };

function entry(id: string, source: string, prefix6?: number): Entry {
  const opened = prefix6 === undefined ? OPENED : { ...OPENED, prefix6 };
  const own = { ...lease(id, 'ssh', source, 11_000, 'open'), opened };
  return { lease: own, state: { at: 'open' } as never, written: undefined, isAdopted: false };
}

test('a lease of an IPv6 prefix is found by all its addresses, and by none beside it', () => {
  const table = new LeaseTable(10);
  const found = (source: string, door = 'ssh'): string | undefined =>
    table.current(door, address(source))?.lease.id;
  const wide = entry('1', '2001:db8:0:1::1', 64);
  table.put(wide, undefined);
  table.put(entry('2', '10.0.0.1', 64), undefined);
  assert.equal(found('2001:db8:0:1::1'), '1');
  assert.equal(found('2001:db8:0:1:ffff::2'), '1');
  assert.equal(found('2001:db8:0:2::1'), undefined);
  assert.equal(found('2001:db8:0:1::1', 'web'), undefined);
  assert.equal(found('10.0.0.1'), '2');
  assert.equal(found('10.0.0.2'), undefined);
  table.delete(wide.lease.id);
  assert.equal(found('2001:db8:0:1:ffff::2'), undefined);
});

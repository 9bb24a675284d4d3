import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostInterface } from '../../../src/core/net/host-interface.ts';
import { indexesNamed, Topology } from '../../../src/core/net/topology.ts';

const one = (index: number, name: string, more: Partial<HostInterface> = {}): HostInterface => ({
  ...{ index, name, up: true, addresses: [], defaultRoute: false },
  ...more,
});

/** A host with something of everything. */
const HOST: readonly HostInterface[] = [
  one(1, 'lo', { loopback: true }),
  one(2, 'eth0', { master: 10 }),
  one(3, 'eth1', { master: 11 }),
  one(4, 'eth2', { master: 12 }),
  one(5, 'eth3'),
  one(6, 'eth3.5', { type: 'vlan', vlan: { of: 5, id: 5 }, master: 12 }),
  one(7, 'eth3.6', { type: 'vlan', vlan: { of: 5, id: 6 }, up: false }),
  one(8, 'mv0', { type: 'macvlan' }),
  one(10, 'br0', { type: 'bridge' }),
  one(11, 'bond0', { type: 'bond', master: 10 }),
  one(12, 'vrf0', { type: 'vrf', table: 10 }),
  one(13, 'br0.7', { type: 'vlan', vlan: { of: 10, id: 7 } }),
];

describe('interfaces on interfaces', () => {
  const topology = new Topology(HOST);

  for (const [names, heard] of [
    ['vrf0', 'vrf0,eth2,eth3.5'],
    ['br0', 'br0'],
    ['bond0', 'bond0'],
    ['mv0', 'mv0'],
    ['eth2', 'eth2'],
    ['vrf0,eth2,lo', 'lo,vrf0,eth2,eth3.5'],
    ['eth9', ''],
  ] as const) {
    test(`Interface = ${names} hears ${heard || 'nothing'}`, () => {
      const indexes = indexesNamed(HOST, names.split(','));
      const found = HOST.filter(({ index }) => indexes.has(index)).map(({ name }) => name);
      assert.deepEqual(new Set(found), new Set(heard.split(',').filter(Boolean)));
    });
  }

  test('what is seen on a port enters by the bridge, through a bond too; a VRF’s member is its own way in', () => {
    assert.deepEqual(
      [2, 3, 4, 5, 6, 10, 99].map((index) => topology.entry(index)),
      [10, 10, 4, 5, 6, 10, 99],
    );
  });

  test('a VLAN is one of the carrier, and up', () => {
    assert.deepEqual(
      [
        topology.vlan(5, 5),
        topology.vlan(5, 6),
        topology.vlan(5, 7),
        topology.vlan(10, 7),
        topology.vlan(2, 7),
      ],
      [6, undefined, undefined, 13, undefined],
    );
  });

  test('the host’s own packets come in by loopback, and within a VRF by its device', () => {
    const inward = HOST.filter(({ index }) => topology.isInward(index)).map(({ name }) => name);
    assert.deepEqual(inward, ['lo', 'vrf0']);
  });

  test('masters that point at each other end no look', () => {
    const ring = new Topology([
      one(1, 'a', { type: 'bridge', master: 2 }),
      one(2, 'b', { type: 'bridge', master: 1 }),
    ]);
    assert.ok([1, 2].includes(ring.entry(1)));
  });
});

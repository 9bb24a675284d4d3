/** By which interfaces strangers come whose packets go through this host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostInterface } from '../../../src/core/net/host-interface.ts';
import { ingressesOf } from '../../../src/core/net/ingress.ts';

const device = (index: number, name: string, more: Partial<HostInterface> = {}): HostInterface => ({
  index,
  name,
  up: true,
  addresses: [],
  defaultRoute: false,
  ...more,
});

test('what leads to the world, and what is named: none may send on but to the world', () => {
  const all = [device(1, 'lo', { loopback: true }), device(2, 'eth0'), device(3, 'lan0'), device(4, 'br0')];
  assert.deepEqual(ingressesOf(all, { world: [], named: [] }), []);
  assert.deepEqual(ingressesOf(all, { world: ['eth0'], named: [] }), [{ from: 'eth0', exceptTo: ['eth0'] }]);
  assert.deepEqual(ingressesOf(all, { world: ['eth0'], named: ['lan0', 'eth0', 'gone0'] }), [
    { from: 'eth0', exceptTo: ['eth0'] },
    { from: 'lan0', exceptTo: ['lan0', 'eth0'] },
  ]);
});

test('a VRF sends on what its members receive', () => {
  const all = [
    device(2, 'eth0', { master: 9 }),
    device(3, 'lan0', { master: 9 }),
    device(9, 'red', { type: 'vrf' }),
  ];
  assert.deepEqual(ingressesOf(all, { world: ['eth0'], named: [] }), [
    { from: 'eth0', exceptTo: ['eth0'] },
    { from: 'red', exceptTo: ['red', 'eth0'] },
  ]);
});

test('a name that a firewall would read otherwise: strangers may come by any', () => {
  for (const name of ['eth*', 'eth+', 'a"b', 'a\\b', '!x'])
    assert.deepEqual(ingressesOf([device(2, name)], { world: [name], named: [] }), []);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareInterfaces, type HostInterface } from '../../../src/core/net/host-interface.ts';
import { address } from '../attempt/knocks.ts';

const eth0: HostInterface = {
  index: 2,
  name: 'eth0',
  up: true,
  addresses: [address('10.0.0.1'), address('fd00::1')],
  defaultRoute: true,
};
const tun0: HostInterface = { index: 7, name: 'tun0', up: false, addresses: [], defaultRoute: false };

/** `appeared tun0`, `address-added eth0 10.0.0.1` */
const changes = (before: readonly HostInterface[], now: readonly HostInterface[]): string[] =>
  compareInterfaces(before, now).map(
    (one) => `${one.kind} ${one.name}${'address' in one ? ` ${one.address}` : ''}`,
  );

describe('comparing interfaces', () => {
  test('the same, in whatever order, are no change', () => {
    assert.deepEqual(changes([eth0, tun0], [tun0, { ...eth0, addresses: eth0.addresses.toReversed() }]), []);
  });

  test('one that appears has all that it has', () => {
    assert.deepEqual(changes([], [eth0]), [
      'appeared eth0',
      'up eth0',
      'address-added eth0 10.0.0.1',
      'address-added eth0 fd00::1',
      'default-route eth0',
    ]);
    assert.deepEqual(changes([eth0], [eth0, tun0]), ['appeared tun0']);
  });

  test('one that vanishes takes with it all that it had, in one word', () => {
    assert.deepEqual(changes([eth0, tun0], [tun0]), ['vanished eth0']);
  });

  test('each change of one that stays', () => {
    assert.deepEqual(changes([eth0], [{ ...eth0, up: false }]), ['down eth0']);
    assert.deepEqual(changes([tun0], [{ ...tun0, up: true }]), ['up tun0']);
    assert.deepEqual(changes([eth0], [{ ...eth0, defaultRoute: false }]), ['no-default-route eth0']);
    assert.deepEqual(changes([eth0], [{ ...eth0, addresses: [address('fd00::1'), address('10.0.0.2')] }]), [
      'address-added eth0 10.0.0.2',
      'address-removed eth0 10.0.0.1',
    ]);
  });

  test('one deleted and made again between two looks is another one, though its name is the same', () => {
    assert.deepEqual(changes([tun0], [{ ...tun0, index: 9, up: true }]), [
      'vanished tun0',
      'appeared tun0',
      'up tun0',
    ]);
  });

  test('one that is renamed is another one', () => {
    assert.deepEqual(changes([tun0], [{ ...tun0, name: 'vpn' }]), ['vanished tun0', 'appeared vpn']);
  });

  test('two that swap their names are two others', () => {
    const swapped = [
      { ...eth0, name: 'tun0' },
      { ...tun0, name: 'eth0' },
    ];
    assert.deepEqual(
      changes([eth0, tun0], swapped).filter((line) => /vanished|appeared/.test(line)),
      ['vanished eth0', 'vanished tun0', 'appeared tun0', 'appeared eth0'],
    );
  });

  test('an address that moves is reported for both interfaces', () => {
    const from = { ...eth0, addresses: [] };
    const to = { ...tun0, addresses: eth0.addresses };
    assert.deepEqual(changes([eth0, tun0], [from, to]).toSorted(), [
      'address-added tun0 10.0.0.1',
      'address-added tun0 fd00::1',
      'address-removed eth0 10.0.0.1',
      'address-removed eth0 fd00::1',
    ]);
  });
});

import { type PortOpening, parsePortOpening } from '../../src/core/door/port-opening.ts';
import type { LeaseId } from '../../src/core/lease/lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import type { StoredLease } from '../../src/host/store/lease-store.ts';

export function lease(id: string, changes: Partial<StoredLease> = {}): StoredLease {
  return {
    id: id as LeaseId,
    door: 'openSSH',
    source: parseAddress('203.0.113.9') as Address,
    stop: '/sbin/iptables -D INPUT -s 203.0.113.9 -j ACCEPT',
    since: instant(63_456.75),
    sinceWall: instant(1_699_999_940_000.25),
    due: instant(123_456.75),
    dueWall: instant(1_700_000_000_000.25),
    length: millis(60_000),
    bootId: '5d2f7a0e-0000-4000-8000-000000000001',
    ...changes,
  };
}

export const parsePorts = (...texts: string[]): PortOpening[] =>
  texts.map((text) => parsePortOpening(text) as PortOpening);

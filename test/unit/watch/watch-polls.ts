import type { WatchPoll } from '../../../src/app/watch/watch-poll.ts';
import type { PendingAttempt } from '../../../src/core/attempt/pending-attempt.ts';
import type { DaemonStatus } from '../../../src/core/control/daemon-status.ts';
import { COUNTED, type DaemonCounts } from '../../../src/core/control/daemon-status.ts';
import type { DoorStatus } from '../../../src/core/control/door-status.ts';
import type { FleetStatus } from '../../../src/core/control/fleet-status.ts';
import type { LeaseStatus } from '../../../src/core/control/lease-status.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { instant, millis } from '../../../src/core/net/time.ts';

const source = (text: string): Address => parseAddress(text) as Address;

export const aLease = (from: string, more: Partial<LeaseStatus> = {}): LeaseStatus => ({
  id: from as LeaseStatus['id'],
  door: 'ssh',
  source: source(from),
  state: 'open',
  ports: 'tcp/22',
  since: instant(0),
  until: instant(60_000),
  left: millis(30_000),
  held: false,
  ...more,
});

export const anAttempt = (
  from: string,
  stage: number,
  more: Partial<PendingAttempt> = {},
): PendingAttempt => ({
  source: source(from),
  door: 'ssh',
  stage,
  stages: 4,
  since: instant(0),
  ...more,
});

export const aDoor = (name: string, more: Partial<DoorStatus> = {}): DoorStatus => ({
  name,
  ports: 'tcp/22',
  command: false,
  openFor: millis(60_000),
  leases: 1,
  maxLeases: 100,
  oneTime: false,
  counts: { completed: 3, opened: 2, closed: 1, refused: 1 },
  ...more,
});

type PollParts = {
  readonly at?: number;
  readonly startedAt?: number;
  readonly packets?: DaemonStatus['packets'];
  readonly doors?: readonly DoorStatus[];
  readonly leases?: readonly LeaseStatus[];
  readonly attempts?: readonly PendingAttempt[];
  readonly rates?: readonly number[];
  readonly fleet?: FleetStatus;
};

export function aPoll(parts: PollParts): WatchPoll {
  const {
    at = 0,
    startedAt = 1,
    packets = { passed: 0, dropped: 0 },
    doors = [],
    leases = [],
    attempts = [],
    rates = [],
    fleet,
  } = parts;
  const counts = Object.fromEntries(COUNTED.map((what) => [what, 0])) as DaemonCounts;
  return {
    at,
    rates: { until: instant(at), passed: rates, dropped: rates.map(() => 0) },
    doors,
    leases,
    attempts,
    status: {
      version: '1',
      pid: 1,
      startedAt: instant(startedAt),
      uptime: millis(3_900_000),
      configFile: '/etc/knockd.conf',
      options: { configFile: '/etc/knockd.conf', ipv6: true, lookUpNames: false, isService: false },
      listeningOn: 'all interfaces',
      interfaces: [],
      looked: { interfaces: instant(0) },
      firewall: { kind: 'in-place', name: 'nftables', why: '' },
      doors: doors.length,
      leases: { open: leases.length, failed: 0, max: 100 },
      packets,
      counts,
      attempts: attempts.length,
      tripwires: { touches: 0, suspects: 0 },
      bans: 0,
      unconfirmed: false,
      ...(fleet === undefined ? {} : { fleet }),
    },
  };
}

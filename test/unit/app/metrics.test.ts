import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAX_DOORS, renderMetrics } from '../../../src/app/daemon/status/render-metrics.ts';
import type { DaemonStatus } from '../../../src/core/control/daemon-status.ts';
import { COUNTED, type DaemonCounts } from '../../../src/core/control/daemon-status.ts';
import type { DoorStatus } from '../../../src/core/control/door-status.ts';
import { instant, millis } from '../../../src/core/net/time.ts';

const counts = Object.fromEntries(COUNTED.map((what, place) => [what, place])) as DaemonCounts;

const STATUS: DaemonStatus = {
  version: '1.2.3',
  pid: 1,
  startedAt: instant(1_500_000),
  uptime: millis(5),
  configFile: '/etc/knockd.conf',
  options: { configFile: '/etc/knockd.conf', ipv6: true, lookUpNames: false, isService: false },
  listeningOn: 'all interfaces',
  interfaces: [],
  looked: { interfaces: instant(0) },
  firewall: { kind: 'unused' },
  doors: 1,
  leases: { open: 2, failed: 0, max: 10 },
  packets: { passed: 30, dropped: 4 },
  counts,
  attempts: 5,
  tripwires: { touches: 6, suspects: 7 },
  bans: 0,
  unconfirmed: false,
};

const door = (name: string): DoorStatus => ({
  name,
  ports: 'tcp/22',
  command: false,
  openFor: millis(1),
  leases: 2,
  maxLeases: 10,
  oneTime: false,
  counts: { completed: 3, opened: 2, closed: 1, refused: 1 },
});

const METRIC =
  /^# HELP (bussa_[a-z_]+) [^\n]+\n# TYPE \1 (?:gauge|counter)\n(?:\1(?:\{(?:,?[a-z]+="(?:[^"\\\n]|\\["\\n])*")+\})? [0-9.e+]+\n)*$/;

describe('metrics', () => {
  test('each is in the text format of Prometheus, whatever a door is called', () => {
    const parts = [...renderMetrics(STATUS, [door('ssh'), door('a"b\\c\nd {} 1')])];
    for (const part of parts) assert.match(part, METRIC);
    const names = parts.map((part) => METRIC.exec(part)?.[1]);
    assert.equal(new Set(names).size, names.length);
  });

  test('a fleet has its own', () => {
    const fleet: NonNullable<DaemonStatus['fleet']> = {
      ...{ fleet: 'edge', member: 'gw1', engine: 'unix:///e', carrier: true, connected: false },
      ...{ since: instant(0), window: millis(1) },
      members: [{ name: 'gw2', heard: instant(9000), doors: [], bans: false, leases: 0 }],
      counts: { published: 1, applied: 2, refused: 3, waiting: 4, claimed: 5, taken: 6, unclaimed: 7 },
    };
    const parts = [...renderMetrics({ ...STATUS, fleet }, [])];
    for (const part of parts) assert.match(part, METRIC);
    for (const line of [
      'bussa_fleet_connected 0',
      'bussa_fleet_waiting 4',
      'bussa_fleet_refused_total 3',
      'bussa_fleet_claims_total{outcome="taken"} 6',
      'bussa_fleet_member_heard_timestamp_seconds{member="gw2"} 9',
    ])
      assert.ok(parts.join('').includes(`${line}\n`), line);
    assert.ok(![...renderMetrics(STATUS, [])].join('').includes('fleet'));
  });

  test('all that is counted is there, counters by their usual ends', () => {
    const text = [...renderMetrics(STATUS, [door('ssh')])].join('');
    for (const line of [
      'bussa_start_time_seconds 1500',
      'bussa_packets_total 30',
      'bussa_packets_dropped_total 4',
      `bussa_commands_failed_total ${counts.commandsFailed}`,
      'bussa_door_leases{door="ssh"} 2',
      'bussa_door_opened_total{door="ssh"} 2',
      'bussa_firewall_in_place 1',
    ]) {
      assert.ok(text.includes(`${line}\n`), line);
    }
  });

  test('no more doors than there may be series', () => {
    const doors = Array.from({ length: MAX_DOORS + 5 }, (_, n) => door(`door ${n}`));
    const text = [...renderMetrics(STATUS, doors)].join('');
    assert.equal(text.match(/^bussa_door_leases\{/gm)?.length, MAX_DOORS);
  });

  test('proofs are counted by kind and outcome, sequences beside the others, and never by user', () => {
    const text = [...renderMetrics(STATUS, [])].join('');
    for (const outcome of ['completed', 'withheld', 'failed', 'expired', 'evicted'] as const)
      assert.match(
        text,
        new RegExp(`^bussa_proofs_total\\{proof="sequence",outcome="${outcome}"\\} ${counts[outcome]}$`, 'm'),
      );
    assert.doesNotMatch(text, /user=/);
  });
});

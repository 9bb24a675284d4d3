import type { DaemonStatus } from '../../../core/control/daemon-status.ts';
import { COUNTED, type Counted } from '../../../core/control/daemon-status.ts';
import type { DoorStatus } from '../../../core/control/door-status.ts';
import type { FleetStatus } from '../../../core/control/fleet-status.ts';
import type { ProofCounts, SpaCounts } from '../../../core/control/proof-counts.ts';

/** BOUNDED: doors with metrics of their own, the first in the configuration. Prometheus keeps each series for ever. */
export const MAX_DOORS = 1000;

const HELP: Readonly<Record<Counted, string>> = {
  knocks: 'Packets that were a knock at a door.',
  advanced: 'Attempts that advanced one stage.',
  failed: 'Attempts ended by a wrong knock.',
  expired: 'Attempts that exceeded the time limit.',
  evicted: 'Attempts that made room for others.',
  completed: 'Whole sequences.',
  withheld: 'Whole sequences that did not count because of a penalty.',
  scans: 'Sources that were suspected of a port scan.',
  opened: 'Leases begun.',
  extended: 'Leases extended by another knock.',
  closed: 'Leases ended.',
  refused: 'Whole sequences at doors that stayed shut.',
  commands: 'Commands run.',
  commandsFailed: 'Commands that failed.',
  reloads: 'Reloads of the configuration.',
  reloadsRefused: 'Reloads whose configuration was rejected.',
  warnings: 'Warnings in the log.',
  errors: 'Errors in the log.',
};

type Sample = readonly [labels: string, value: number];

/** The Prometheus text format, version 0.0.4, metric by metric. */
export function* renderMetrics(status: DaemonStatus, doors: Iterable<DoorStatus>): Generator<string> {
  const { packets, counts, leases, tripwires } = status;
  const up = status.firewall.kind === 'in-place' || status.firewall.kind === 'unused';
  yield gauge('info', 'The running version.', [[`version="${quoteLabel(status.version)}"`, 1]]);
  yield gauge('start_time_seconds', 'Start time, in seconds since 1970.', [['', status.startedAt / 1000]]);
  yield counter('packets', 'Packets that the capture filter passed.', [['', packets.passed]]);
  yield counter('packets_dropped', 'Of those, packets lost because they arrived too fast.', [
    ['', packets.dropped],
  ]);
  for (const what of COUNTED) yield counter(snake(what), HELP[what], [['', counts[what]]]);
  if (status.signed !== undefined) yield* renderSigned(status.signed);
  if (status.spa !== undefined) yield* renderSpa(status.spa);
  yield renderProofs(status);
  yield gauge('attempts', 'Pending attempts.', [['', status.attempts]]);
  yield gauge('leases', 'Open leases.', [['', leases.open]]);
  yield gauge('leases_failed', 'Of those, leases whose start command failed.', [['', leases.failed]]);
  yield counter('tripwire_touches', 'Decoy ports touched.', [['', tripwires.touches]]);
  yield gauge('suspects', 'Sources in penalty, which have to knock twice.', [['', tripwires.suspects]]);
  yield gauge('firewall_in_place', "Whether the doors' rules are in the firewall, or none are needed.", [
    ['', Number(up)],
  ]);
  if (status.exposure !== undefined) {
    yield gauge('ports_open_to_strangers', "Doors' ports that the whole ruleset leaves open to strangers.", [
      ['', status.exposure.open.length],
    ]);
  }
  if (status.fleet !== undefined) yield* renderFleet(status.fleet);
  yield renderLooks(status);
  yield* renderDoors(doors);
}

function* renderFleet({ connected, counts, members }: FleetStatus): Generator<string> {
  yield gauge('fleet_connected', 'Whether the engine of the fleet can be reached.', [
    ['', Number(connected)],
  ]);
  yield gauge('fleet_waiting', 'Changes that other members have not been told of.', [['', counts.waiting]]);
  yield counter('fleet_published', 'Changes that other members were told of.', [['', counts.published]]);
  yield counter('fleet_applied', 'Changes of other members that were applied.', [['', counts.applied]]);
  yield counter('fleet_refused', 'Records and changes of other members that were refused.', [
    ['', counts.refused],
  ]);
  yield counter('fleet_claims', 'Proofs that were to be used once in the fleet, by what the engine said.', [
    ['outcome="granted"', counts.claimed],
    ['outcome="taken"', counts.taken],
    ['outcome="unreachable"', counts.unclaimed],
  ]);
  yield gauge(
    'fleet_member_heard_timestamp_seconds',
    'When a member was heard last, in seconds since 1970; 0 if never.',
    members.map(({ name, heard = 0 }) => [`member="${quoteLabel(name)}"`, heard / 1000] as const),
  );
}

/** An old value means that a watch no longer works: even without changes it checks every 30 s. */
function renderLooks({ looked: { interfaces, firewall } }: DaemonStatus): string {
  return gauge(
    'last_look_timestamp_seconds',
    'When rules and interfaces were last read, in seconds since 1970.',
    [
      ['at="interfaces"', interfaces / 1000],
      ...(firewall === undefined ? [] : [['at="firewall"', firewall / 1000] as const]),
    ],
  );
}

function* renderSigned({ packets, garbage, replies, repliesFailed }: ProofCounts): Generator<string> {
  yield counter('signed_packets', 'Packets that the filter for signed knocks passed.', [
    ['', packets.passed],
  ]);
  yield counter('signed_packets_dropped', 'Of those, packets lost because they came too fast.', [
    ['', packets.dropped],
  ]);
  yield counter(
    'signed_garbage',
    'Packets to the port of signed knocks that were not judged, by why.',
    Object.entries(garbage).map(([why, count]) => [`why="${why}"`, count]),
  );
  yield counter('signed_replies', 'Sealed replies to signed knocks, by whether they could be sent.', [
    ['sent="yes"', replies],
    ['sent="no"', repliesFailed],
  ]);
}

function* renderSpa({ packets, garbage }: SpaCounts): Generator<string> {
  yield counter('spa_packets', 'Packets that the filter for packets of fwknop passed.', [
    ['', packets.passed],
  ]);
  yield counter('spa_packets_dropped', 'Of those, packets lost because they came too fast.', [
    ['', packets.dropped],
  ]);
  yield counter(
    'spa_garbage',
    'Packets that might be of fwknop and were not judged, by why.',
    Object.entries(garbage).map(([why, count]) => [`why="${why}"`, count]),
  );
}

/** One metric for all kinds of proof. */
function renderProofs({ signed, codes, spa, counts }: DaemonStatus): string {
  // Sequences only: other proofs do not pass through the attempt engine.
  const { completed, withheld, failed, expired, evicted } = counts;
  const samples = [
    ['sequence', { completed, withheld, failed, expired, evicted }],
    ['key', signed?.outcomes],
    ['code', codes],
    ['spa', spa?.outcomes],
  ] as const;
  return counter(
    'proofs',
    'Proofs that were judged, by what came of them.',
    samples.flatMap(([proof, outcomes = {}]) =>
      Object.entries(outcomes).map(
        ([outcome, count]) => [`proof="${proof}",outcome="${outcome.replaceAll(' ', '_')}"`, count] as const,
      ),
    ),
  );
}

function* renderDoors(doors: Iterable<DoorStatus>): Generator<string> {
  const kept: DoorStatus[] = [];
  for (const door of doors) {
    if (kept.length === MAX_DOORS) break;
    kept.push(door);
  }
  const each = (value: (door: DoorStatus) => number): readonly Sample[] =>
    kept.map((door) => [`door="${quoteLabel(door.name)}"`, value(door)]);
  yield gauge(
    'door_leases',
    'Open leases, by door.',
    each(({ leases }) => leases),
  );
  yield gauge(
    'door_shut',
    'Whether the door stays shut to every knock.',
    each(({ shut }) => Number(shut !== undefined)),
  );
  for (const what of ['completed', 'opened', 'closed', 'refused'] as const) {
    yield counter(
      `door_${what}`,
      `${HELP[what]} By door.`,
      each(({ counts }) => counts[what]),
    );
  }
}

const gauge = (name: string, help: string, samples: readonly Sample[]): string =>
  render('gauge', `bussa_${name}`, help, samples);

const counter = (name: string, help: string, samples: readonly Sample[]): string =>
  render('counter', `bussa_${name}_total`, help, samples);

function render(type: string, name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Quotes a label's value as the format requires. */
const quoteLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

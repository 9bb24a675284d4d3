import fc from 'fast-check';
import type { Proof } from '../../src/core/attempt/completion.ts';
import { COUNTED, type DaemonStatus, type FirewallStatus } from '../../src/core/control/daemon-status.ts';
import {
  FLEET_COUNTED,
  type FleetStatus,
  type MemberStatus,
  SPREAD_COUNTED,
} from '../../src/core/control/fleet-status.ts';
import type { LeaseStatus } from '../../src/core/control/lease-status.ts';
import {
  CODE_OUTCOMES,
  GARBAGE,
  OUTCOMES,
  SPA_GARBAGE,
  SPA_OUTCOMES,
} from '../../src/core/control/proof-counts.ts';
import { address, flag, id, moment, number, record, span, text, texts, yes } from './control-values.ts';

export const holders = fc.array(
  fc.record<Proof>({ kind: fc.constant('key' as const), user: text, fingerprint: text }),
  { minLength: 1, maxLength: 3 },
);

export const lease = record<LeaseStatus>(
  {
    id,
    door: text,
    source: address,
    state: fc.constantFrom('opening', 'open', 'closing'),
    prefix: text,
    ports: text,
    since: moment,
    until: moment,
    left: span,
    held: flag,
    holders,
    isShared: yes,
    byOperator: yes,
    orderedBy: text,
    startFailure: text,
    stopFailure: text,
  },
  'prefix',
  'holders',
  'isShared',
  'byOperator',
  'orderedBy',
  'startFailure',
  'stopFailure',
);

function countsOf<Name extends string>(names: readonly Name[]): fc.Arbitrary<Record<Name, number>> {
  const fields = Object.fromEntries(names.map((name) => [name, number]));
  return fc.record(fields) as unknown as fc.Arbitrary<Record<Name, number>>;
}

const firewall: fc.Arbitrary<FirewallStatus> = fc.oneof(
  fc.record({ kind: fc.constantFrom('in-place' as const, 'missing' as const), name: text, why: text }),
  fc.record({ kind: fc.constantFrom('unreachable' as const, 'unused' as const) }),
);

export const fleet = record<FleetStatus>(
  {
    fleet: text,
    member: text,
    engine: text,
    carrier: flag,
    connected: flag,
    since: moment,
    why: text,
    offset: number,
    wide: texts,
    window: span,
    members: fc.array(
      record<MemberStatus>(
        {
          name: text,
          heard: moment,
          skew: number,
          doors: texts,
          bans: flag,
          leases: number,
          refusal: fc.record({ at: moment, why: text }),
        },
        'heard',
        'skew',
        'refusal',
      ),
      { maxLength: 2 },
    ),
    counts: countsOf(FLEET_COUNTED),
    spread: countsOf(SPREAD_COUNTED),
  },
  'why',
  'spread',
  'offset',
  'wide',
);

export const status = record<DaemonStatus>(
  {
    version: text,
    pid: number,
    startedAt: moment,
    uptime: span,
    configFile: text,
    options: record<DaemonStatus['options']>(
      {
        configFile: text,
        interfaces: text,
        logFile: text,
        pidFile: text,
        ipv6: flag,
        lookUpNames: flag,
        isService: flag,
      },
      'interfaces',
      'logFile',
      'pidFile',
    ),
    listeningOn: text,
    interfaces: fc.array(fc.record({ name: text, up: flag }), { maxLength: 3 }),
    firewall,
    looked: record<DaemonStatus['looked']>({ interfaces: moment, firewall: moment }, 'firewall'),
    exposure: fc.record({ closed: texts, open: texts, unjudged: texts, shut: texts, at: moment }),
    doors: number,
    leases: fc.record({ open: number, failed: number, max: number }),
    packets: fc.record({ passed: number, dropped: number }),
    counts: fc.record(
      Object.fromEntries(COUNTED.map((what) => [what, number])) as {
        [K in (typeof COUNTED)[number]]: typeof number;
      },
    ),
    codes: countsOf(CODE_OUTCOMES),
    spa: fc.record({
      packets: fc.record({ passed: number, dropped: number }),
      garbage: countsOf(SPA_GARBAGE),
      outcomes: countsOf(SPA_OUTCOMES),
    }),
    signed: fc.record({
      packets: fc.record({ passed: number, dropped: number }),
      garbage: countsOf(GARBAGE),
      outcomes: countsOf(OUTCOMES),
      replies: number,
      repliesFailed: number,
    }),
    attempts: number,
    tripwires: fc.record({ touches: number, suspects: number }),
    splits: fc.array(fc.record({ door: text, tries: number, parts: number }), { maxLength: 2 }),
    bans: number,
    unconfirmed: flag,
    trialLeft: span,
    lastError: fc.record({ at: moment, text }),
    fleet,
  },
  'fleet',
  'splits',
  'exposure',
  'signed',
  'codes',
  'spa',
  'trialLeft',
  'lastError',
);

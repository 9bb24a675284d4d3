import fc from 'fast-check';
import type { Proof } from '../../src/core/attempt/completion.ts';
import type { PendingAttempt } from '../../src/core/attempt/pending-attempt.ts';
import type { Answers, Requests, Rows, Streams } from '../../src/core/control/contract.ts';
import { COUNTED, type DaemonStatus, type FirewallStatus } from '../../src/core/control/daemon-status.ts';
import type { DoorStatus } from '../../src/core/control/door-status.ts';
import type { FollowPart } from '../../src/core/control/feed-event.ts';
import {
  CLAIM_OUTCOMES,
  type FleetDelivery,
  type FleetPart,
  parseStreamId,
  type StreamId,
} from '../../src/core/control/fleet-link.ts';
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
import type { ConfigChanges, Reloaded } from '../../src/core/control/reload-answer.ts';
import type { SourceStory, StoryEntry } from '../../src/core/control/source-story.ts';
import type { UserStory } from '../../src/core/control/user-story.ts';
import { LEASE_ENDS, type LeaseId } from '../../src/core/lease/lease.ts';
import type { PastLease } from '../../src/core/lease/past-lease.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';
import { prefixAround } from '../../src/core/net/prefix.ts';
import { instant, millis } from '../../src/core/net/time.ts';
import { WARNING_IDS } from '../../src/core/text/diagnostic.ts';
import { EXPLAINED } from '../../src/core/trace/explained.ts';
import { TRACED, type TraceKind } from '../../src/core/trace/trace-entry.ts';

/** Any request and any answer that the control socket may carry, by verb. */

const text = fc.string({ unit: 'binary', maxLength: 20 });
const texts = fc.array(text, { maxLength: 4 });
const flag = fc.boolean();
const yes = fc.constant(true as const);
const number = fc.integer({ min: 0, max: 2 ** 40 });
const moment = fc.integer({ min: 0, max: 8.64e15 }).map(instant);
const span = fc.double({ min: 0.001, max: 1e12, noNaN: true }).map(millis);
const length = span;
const address = fc
  .oneof(fc.ipV4(), fc.ipV6())
  .map(parseAddress)
  .filter((parsed): parsed is Address => parsed !== undefined);
const prefix = fc.tuple(address, fc.nat(32)).map(([base, bits]) => prefixAround(base, bits));
const nothing = fc.constant({});
const count = fc.integer({ min: 1, max: 2 ** 40 });
const bytes = fc.uint8Array({ maxLength: 40 });
const streamId = fc
  .tuple(number, number)
  .map(([ms, n]) => parseStreamId(`${ms}-${n}`))
  .filter((parsed): parsed is StreamId => parsed !== undefined);
const id = fc.uuid().map((word) => word as LeaseId);

/** The named fields are there or not. */
function record<T extends object>(
  fields: { readonly [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> },
  ...optional: readonly (keyof T)[]
): fc.Arbitrary<T> {
  const requiredKeys = Object.keys(fields).filter((name) => !optional.includes(name as keyof T));
  return fc.record(fields, { requiredKeys: requiredKeys as [] }) as unknown as fc.Arbitrary<T>;
}

const holders = fc.array(
  fc.record<Proof>({ kind: fc.constant('key' as const), user: text, fingerprint: text }),
  { minLength: 1, maxLength: 3 },
);

const lease = record<LeaseStatus>(
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

const fleet = record<FleetStatus>(
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

const status = record<DaemonStatus>(
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

const entry = record<StoryEntry>(
  {
    kind: fc.constantFrom(...(Object.keys(TRACED) as TraceKind[])),
    at: moment,
    count: number,
    lastAt: moment,
    stage: number,
    flags: number,
    reason: text,
    knock: text,
    door: text,
    of: number,
    text,
  },
  'flags',
  'reason',
  'knock',
  'door',
  'of',
);

const story = record<SourceStory>({
  source: address,
  entries: fc.array(entry, { maxLength: 3 }),
  present: texts,
  why: record<SourceStory['why']>(
    { kind: fc.constantFrom(...EXPLAINED), door: text, sentence: text },
    'door',
  ),
  now: moment,
  since: moment,
  followed: flag,
});

const diagnostic = record<Reloaded['diagnostics'][number]>(
  {
    severity: fc.constantFrom('error', 'warning'),
    id: fc.constantFrom(...WARNING_IDS),
    place: fc.record({ file: text, line: number, column: number }),
    message: text,
  },
  'id',
);

const reloaded = record<Reloaded>(
  {
    outcome: fc.constantFrom('done', 'refused'),
    mistakes: number,
    diagnostics: fc.array(diagnostic, { maxLength: 3 }),
    left: number,
    reasons: texts,
    changes: record<ConfigChanges>(
      { added: texts, removed: texts, changed: texts, settings: texts, users: texts },
      'users',
    ),
  },
  'changes',
);

const ban = record<Rows['bans']>({ who: text, until: moment }, 'until');

const door = record<DoorStatus>(
  {
    name: text,
    ports: text,
    command: flag,
    openFor: span,
    leases: number,
    maxLeases: number,
    oneTime: flag,
    accept: fc.constantFrom<DoorStatus['accept'] & object>(['key'], ['sequence', 'key']),
    shut: text,
    counts: fc.record({ completed: number, opened: number, closed: number, refused: number }),
  },
  'accept',
  'shut',
);

const attempt = fc.record<PendingAttempt>({
  source: address,
  door: text,
  stage: number,
  stages: number,
  since: moment,
});

const sourceRow = record<Rows['sources']>(
  {
    source: address,
    at: moment,
    kind: fc.constantFrom(...EXPLAINED),
    door: text,
    sentence: text,
    penaltyUntil: moment,
    banned: yes,
  },
  'door',
  'penaltyUntil',
  'banned',
);

const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 2 });

const userRow = record<NonNullable<Answers['overview']['users']>[number]>(
  {
    name: text,
    isOff: yes,
    until: moment,
    leases: number,
    last: fc.record({ at: moment, source: address, text }),
  },
  'isOff',
  'until',
  'last',
);

const overview = record<Answers['overview']>(
  {
    status,
    doors: some(door),
    leases: some(lease),
    attempts: some(attempt),
    sources: some(sourceRow),
    users: some(userRow),
    rates: fc.record({ until: moment, passed: some(number), dropped: some(number) }),
    day: fc.record({ until: moment, stretch: span, failed: some(number), penalised: some(number) }),
    cursor: text,
    now: moment,
  },
  'users',
);

const feedEvent = record<FollowPart['events'][number]>(
  {
    cursor: text,
    at: moment,
    event: text,
    level: fc.constantFrom('error', 'warning', 'notice'),
    text,
    source: address,
    door: text,
    ports: text,
    stage: number,
    stages: number,
    seconds: number,
    until: moment,
    reason: text,
    user: text,
    by: text,
    who: text,
    order: text,
    count: number,
  },
  ...(['source', 'door', 'ports', 'stage', 'stages', 'seconds', 'until', 'reason'] as const),
  ...(['user', 'by', 'who', 'order', 'count'] as const),
);

const userStory = fc.record<UserStory>({
  user: text,
  known: flag,
  present: fc.array(text, { maxLength: 3 }),
  entries: fc.array(
    record<UserStory['entries'][number]>(
      {
        kind: fc.constantFrom('completed', 'opened', 'extended', 'closed', 'refused'),
        at: moment,
        lastAt: moment,
        count: number,
        source: address,
        door: text,
        text,
      },
      'door',
    ),
    { maxLength: 3 },
  ),
  now: moment,
  since: moment,
});

export const ANY_ANSWER: { readonly [V in keyof Answers]: fc.Arbitrary<Answers[V]> } = {
  ping: fc.record({ protocol: number, version: text }),
  confirm: fc.record({ confirmed: flag }),
  status: fc.record({ status }),
  open: record<Answers['open']>(
    {
      outcome: fc.constantFrom('opened', 'extended', 'runs', 'after-close'),
      lease,
      command: fc.constantFrom('ok', 'failed', 'running'),
      notAdmitted: yes,
    },
    'lease',
    'command',
    'notAdmitted',
  ),
  extend: fc.record({ lease }),
  close: fc.record({ closed: number, closing: number }),
  reload: fc.record({ reload: reloaded }),
  revoke: fc.record({ revoked: flag }),
  forgive: fc.record({ forgiven: flag }),
  ban: record<Answers['ban']>({ ban, unkept: text }, 'unkept'),
  unban: record<Answers['unban']>(
    { removed: flag, still: fc.array(ban, { maxLength: 3 }), forgiven: flag, unkept: text },
    'unkept',
  ),
  explain: story,
  'explain-user': userStory,
  overview,
  'fleet-deliver': fc.record({ applied: number, refused: number }),
  'fleet-published': nothing,
  'fleet-claimed': nothing,
  'fleet-state': nothing,
  'fleet-asked': nothing,
  'fleet-answered': nothing,
};

export const ANY_ROW: { readonly [V in keyof Rows]: fc.Arbitrary<Rows[V]> } = {
  doors: door,
  attempts: attempt,
  leases: lease,
  history: record<PastLease>(
    {
      id,
      door: text,
      source: address,
      ports: text,
      sinceWall: moment,
      at: moment,
      lasted: span,
      how: fc.constantFrom(...LEASE_ENDS),
      holders,
      isShared: yes,
      byOperator: yes,
      orderedBy: text,
      startFailure: text,
      stopFailure: text,
      closedBy: text,
    },
    'holders',
    'isShared',
    'byOperator',
    'orderedBy',
    'startFailure',
    'stopFailure',
    'closedBy',
  ),
  bans: ban,
  sources: sourceRow,
  penalties: fc.record({ who: address, until: moment }),
};

export const ANY_STREAMED: { readonly [V in keyof Streams]: fc.Arbitrary<Streams[V]> } = {
  follow: record<FollowPart>(
    {
      cursor: text,
      events: fc.array(feedEvent, { maxLength: 3 }),
      lost: fc.integer({ min: 1, max: 2 ** 40 }),
      restarted: yes,
      more: flag,
      pulse: fc.record({
        now: moment,
        packets: fc.record({ passed: number, dropped: number }),
        attempts: number,
        leases: number,
      }),
    },
    'lost',
    'restarted',
    'pulse',
  ),
  'fleet-follow': fc.oneof(
    record<Extract<FleetPart, { kind: 'begin' }>>(
      { kind: fc.constant('begin'), fleet: text, member: text, engine: text, after: streamId, window: span },
      'after',
    ),
    fc.record({ kind: fc.constant('record' as const), seq: count, bytes }),
    record<Extract<FleetPart, { kind: 'ban' }>>(
      { kind: fc.constant('ban'), seq: count, field: text, bytes },
      'bytes',
    ),
    fc.record({ kind: fc.constant('claim' as const), id: count, key: text, lifetime: span }),
    fc.record({ kind: fc.constant('ask' as const), id: count, bytes }),
    fc.record({ kind: fc.constant('answer' as const), to: text, bytes }),
  ),
};

const via = fc.constant('web' as const);
const order = record<Requests['open']>({ door: text, ip: address, for: length, via }, 'for', 'via');

export const ANY_REQUEST: { readonly [V in keyof Requests]: fc.Arbitrary<Requests[V]> } = {
  ping: nothing,
  confirm: nothing,
  status: nothing,
  open: order,
  extend: order,
  close: record<Requests['close']>(
    { door: text, ip: address, all: yes, fleet: yes, via },
    'door',
    'ip',
    'all',
    'fleet',
    'via',
  ),
  reload: nothing,
  revoke: record<Requests['revoke']>({ user: text, key: text }, 'key'),
  forgive: fc.record({ user: text }),
  ban: record<Requests['ban']>({ who: prefix, for: length, via }, 'for', 'via'),
  unban: record<Requests['unban']>({ who: prefix, via }, 'via'),
  explain: record<Requests['explain']>({ ip: address, follow: yes }, 'follow'),
  'explain-user': fc.record({ user: text }),
  overview: record<Requests['overview']>({ limit: count }, 'limit'),
  sources: record<Requests['sources']>(
    { outcome: fc.constantFrom(...EXPLAINED), limit: count },
    'outcome',
    'limit',
  ),
  penalties: nothing,
  follow: record<Requests['follow']>({ since: text }, 'since'),
  doors: record<Requests['doors']>({ limit: count }, 'limit'),
  attempts: nothing,
  leases: record<Requests['leases']>(
    { door: text, ip: address, user: text, limit: count },
    'door',
    'ip',
    'user',
    'limit',
  ),
  history: record<Requests['history']>(
    { door: text, ip: address, user: text, since: moment, until: moment, limit: count },
    'door',
    'ip',
    'user',
    'since',
    'until',
    'limit',
  ),
  bans: nothing,
  'fleet-follow': nothing,
  'fleet-deliver': record<Requests['fleet-deliver']>(
    {
      records: fc.array(record<FleetDelivery>({ id: streamId, age: span, bytes }, 'id', 'age'), {
        maxLength: 3,
      }),
      upTo: streamId,
    },
    'upTo',
  ),
  'fleet-published': record<Requests['fleet-published']>({ seq: count, id: streamId }, 'id'),
  'fleet-claimed': fc.record({ id: count, outcome: fc.constantFrom(...CLAIM_OUTCOMES) }),
  'fleet-state': record<Requests['fleet-state']>(
    { connected: flag, why: text, offset: number, wide: texts },
    'why',
    'offset',
    'wide',
  ),
  'fleet-asked': fc.record({ to: text, bytes }),
  'fleet-answered': fc.record({ id: count, bytes }),
};

/** A line of an answer that is in order, as the daemon writes it. */
export const ANY_LINE: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.oneof(
  ...Object.values(ANY_ANSWER).map((answer: fc.Arbitrary<object>) =>
    answer.map((fields) => ({ ok: true, ...fields })),
  ),
  ...Object.entries(ANY_ROW).map(([verb, row]: [string, fc.Arbitrary<object>]) =>
    fc.array(row, { maxLength: 3 }).map((rows) => ({ ok: true, [verb]: rows, more: false })),
  ),
);

/** The same value with one thing in it gone, or something else. `at`: which, of all that are in it. */
export function damage(value: unknown, at: number, by: unknown): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const copy = structuredClone(value);
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    const holder = one as Record<string, unknown>;
    for (const name of Object.keys(holder)) {
      if (name !== 'ok') places.push([holder, name]);
      walk(holder[name]);
    }
  };
  walk(copy);
  const [holder, name] = places[at % Math.max(1, places.length)] ?? [];
  if (holder === undefined || name === undefined) return by;
  if (by === undefined) delete holder[name];
  else holder[name] = by;
  return copy;
}

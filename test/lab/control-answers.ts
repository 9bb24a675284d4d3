import fc from 'fast-check';
import type { PendingAttempt } from '../../src/core/attempt/pending-attempt.ts';
import type { Answers, Rows, Streams } from '../../src/core/control/contract.ts';
import type { DoorStatus } from '../../src/core/control/door-status.ts';
import type { FollowPart } from '../../src/core/control/feed-event.ts';
import type { FleetPart } from '../../src/core/control/fleet-link.ts';
import type { ConfigChanges, Reloaded } from '../../src/core/control/reload-answer.ts';
import type { SourceStory, StoryEntry } from '../../src/core/control/source-story.ts';
import type { UserStory } from '../../src/core/control/user-story.ts';
import { LEASE_ENDS } from '../../src/core/lease/lease.ts';
import type { PastLease } from '../../src/core/lease/past-lease.ts';
import { WARNING_IDS } from '../../src/core/text/diagnostic.ts';
import { EXPLANATION_KINDS } from '../../src/core/trace/explanation-kinds.ts';
import { TRACED, type TraceKind } from '../../src/core/trace/trace-entry.ts';
import { holders, lease, status } from './control-status.ts';
import {
  address,
  bytes,
  count,
  flag,
  id,
  moment,
  nothing,
  number,
  record,
  said,
  span,
  streamId,
  text,
  texts,
  yes,
} from './control-values.ts';

/** Any answer that the control socket may carry, by verb. */

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
    said,
  },
  'said',
  'flags',
  'reason',
  'knock',
  'door',
  'of',
);

const story = record<SourceStory>(
  {
    source: address,
    entries: fc.array(entry, { maxLength: 3 }),
    present: texts,
    presentSaid: fc.array(said, { maxLength: 2 }),
    why: record<SourceStory['why']>(
      { kind: fc.constantFrom(...EXPLANATION_KINDS), door: text, sentence: text, said },
      'door',
      'said',
    ),
    now: moment,
    since: moment,
    followed: flag,
  },
  'presentSaid',
);

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
      { added: texts, removed: texts, changed: texts, settings: texts, users: texts, members: texts },
      'users',
      'members',
    ),
  },
  'changes',
);

export const ban = record<Rows['bans']>({ who: text, until: moment }, 'until');

export const door = record<DoorStatus>(
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
    kind: fc.constantFrom(...EXPLANATION_KINDS),
    door: text,
    sentence: text,
    said,
    penaltyUntil: moment,
    banned: yes,
  },
  'said',
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

export const overview = record<Answers['overview']>(
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
    said,
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
  ...(['said', 'source', 'door', 'ports', 'stage', 'stages', 'seconds', 'until', 'reason'] as const),
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
        said,
      },
      'door',
      'said',
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

import type { FleetVerb } from '../../../core/control/fleet-link.ts';
import type { Overview } from '../../../core/control/overview.ts';
import type { ByOperator } from '../../../core/event/event.ts';
import { millis } from '../../../core/net/time.ts';
import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { BanKeeper } from '../bans/ban-keeper.ts';
import type { ReloadOutcome } from '../reload/reload.ts';
import { type Feed, STRETCH_MS } from '../reporting/feed.ts';
import type { SourceView } from '../status/source-view.ts';
import type { UserView } from '../status/user-view.ts';
import { historyVerb } from './history-verb.ts';
import { type LeaseVerbsParts, leaseVerbs } from './lease-verbs.ts';
import { reloadVerb } from './reload-verb.ts';
import { sourceVerbs } from './source-verbs.ts';
import { viewVerbs } from './view-verbs.ts';

export type DaemonVerbsParts = LeaseVerbsParts & {
  readonly store: LeaseStore;
  readonly bans: BanKeeper;
  readonly sources: SourceView;
  readonly users: UserView;
  readonly feed: Feed;
  readonly reload: (by: ByOperator) => Promise<ReloadOutcome>;
  readonly revoke: (by: ByOperator, user: string, key?: string) => boolean;
  /** Forgets the user's used codes. */
  readonly forgive: (user: string) => boolean;
};

/** BOUNDED: rows of each list in an answer of one line. No screen shows more. */
const MAX_ROWS = 200;
const MOST_ROWS = 1000;
/** For each of them the outcome of the last attempt is computed. */
const MAX_SOURCES = 50;

/** The daemon's answers to all requests, in groups of one file each. */
export function daemonVerbs(parts: DaemonVerbsParts): Omit<ControlVerbs, FleetVerb | 'ping' | 'confirm'> {
  return {
    ...viewVerbs(parts.view),
    overview: ({ limit = MAX_ROWS }) => overview(parts, limit),
    follow: ({ since, latest }) => parts.feed.follow(since, latest),
    ...leaseVerbs(parts),
    ...reloadVerb(parts.reload),
    ...historyVerb(parts.store),
    ...sourceVerbs(parts.bans, parts.sources),
    revoke: ({ user, key }, asker) => ({ revoked: parts.revoke(asker(), user, key) }),
    forgive: ({ user }, asker) => ({ forgiven: forgive(parts, user, asker()) }),
    'explain-user': ({ user }) => parts.users.story(user),
  };
}

function forgive({ forgive, report }: DaemonVerbsParts, user: string, { by }: ByOperator): boolean {
  if (!forgive(user)) return false;
  const text = `the codes that ${user} has used are forgotten and count again, by order of ${by ?? 'the operator'}`;
  report({ kind: 'warning', text });
  return true;
}

/** Does not judge the rules again. Clients ask again after each change. */
function overview({ view, sources, users, feed }: DaemonVerbsParts, wanted: number): Overview {
  const limit = Math.min(wanted, MOST_ROWS);
  // Read the cursor first: a client that follows from it misses nothing.
  const { cursor } = feed;
  const at = performance.now();
  const packets = feed.rates.read(at);
  const failures = feed.failures.read(at);
  const { now } = view;
  const known = users.rows(limit);
  return {
    status: view.status(),
    doors: [...view.doors().take(limit)],
    leases: [...view.leases().take(limit)],
    attempts: [...view.attempts().take(limit)],
    sources: [...sources.recent(Math.min(limit, MAX_SOURCES))],
    ...(known === undefined ? {} : { users: known }),
    // The current second is not complete yet.
    rates: { until: now, passed: packets.first.slice(0, -1), dropped: packets.second.slice(0, -1) },
    day: { until: now, stretch: millis(STRETCH_MS), failed: failures.first, penalised: failures.second },
    cursor,
    now,
  };
}

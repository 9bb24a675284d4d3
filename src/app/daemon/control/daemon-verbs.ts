import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { BanKeeper } from '../bans/ban-keeper.ts';
import type { ReloadOutcome } from '../reload/reload.ts';
import type { SourceView } from '../status/source-view.ts';
import type { UserView } from '../status/user-view.ts';
import type { ControlVerbs } from './control-verbs.ts';
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
  readonly reload: () => Promise<ReloadOutcome>;
  readonly revoke: (user: string, key?: string) => boolean;
};

/** What a daemon can be asked, each group in a file of its own. */
export function daemonVerbs(parts: DaemonVerbsParts): Omit<ControlVerbs, 'ping' | 'confirm'> {
  return {
    ...viewVerbs(parts.view),
    ...leaseVerbs(parts),
    ...reloadVerb(parts.reload),
    ...historyVerb(parts.store),
    ...sourceVerbs(parts.bans, parts.sources),
    revoke: ({ user, key }) => ({ revoked: parts.revoke(user, key) }),
    'explain-user': ({ user }) => parts.users.story(user),
  };
}

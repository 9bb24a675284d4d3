import type { LeaseStore } from '../../../host/store/lease-store.ts';
import type { ReloadOutcome } from '../reload/reload.ts';
import type { ControlVerbs } from './control.ts';
import { historyVerb } from './history-verb.ts';
import { type LeaseVerbsParts, leaseVerbs } from './lease-verbs.ts';
import { reloadVerb } from './reload-verb.ts';
import { viewVerbs } from './view-verbs.ts';

export type DaemonVerbsParts = LeaseVerbsParts & {
  readonly store: LeaseStore;
  readonly reload: () => Promise<ReloadOutcome>;
};

/** What a daemon can be asked, each group in a file of its own. */
export function daemonVerbs(parts: DaemonVerbsParts): ControlVerbs {
  return {
    ...viewVerbs(parts.view),
    ...leaseVerbs(parts),
    ...reloadVerb(parts.reload),
    ...historyVerb(parts.store),
  };
}

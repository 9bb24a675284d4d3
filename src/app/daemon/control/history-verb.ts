import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';
import { pastLeases } from '../../state/past-leases.ts';

/** Past leases. */
export function historyVerb(store: LeaseStore): Pick<ControlVerbs, 'history'> {
  return {
    history: ({ ip, limit, ...choice }) =>
      pastLeases(store, { ...choice, ...(ip === undefined ? {} : { source: ip }) }, limit),
  };
}

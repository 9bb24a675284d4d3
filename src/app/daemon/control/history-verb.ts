import type { LeaseStore } from '../../../host/store/lease-store.ts';
import { pastLeases } from '../../state/past-leases.ts';
import type { ControlVerbs } from './control-verbs.ts';

/** Past leases. */
export function historyVerb(store: LeaseStore): Pick<ControlVerbs, 'history'> {
  return {
    history: ({ ip, limit, ...choice }) =>
      pastLeases(store, { ...choice, ...(ip === undefined ? {} : { source: ip }) }, limit),
  };
}

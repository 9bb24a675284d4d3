import type { LeaseState } from '../../../core/lease/lease-state.ts';
import type { LeaseStore } from '../../../host/store/lease-store.ts';

/** Whether the lease in this state has been recorded, or will not be recorded again. */
export function isRecorded(state: LeaseState): boolean {
  if (state.at === 'recording') return false;
  const isBegun = state.at === 'opening-ports' || state.at === 'undoing' || state.at === 'retrying-undo';
  return !isBegun || state.isRecorded;
}

/** The failed attempt to open it has already been reported. */
export function whyNotOpen(store: LeaseStore): string {
  try {
    store.together(() => undefined);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

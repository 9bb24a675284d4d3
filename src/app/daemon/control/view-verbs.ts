import type { DaemonView } from '../status/daemon-view.ts';
import type { ControlVerbs } from './control-verbs.ts';

/** How the daemon is. Of doors and leases the first `limit`. */
export function viewVerbs(view: DaemonView): Pick<ControlVerbs, 'status' | 'doors' | 'attempts' | 'leases'> {
  return {
    status: () => ({ status: view.status() }),
    doors: ({ limit }) => some(view.doors(), limit),
    attempts: () => view.attempts(),
    leases: ({ door, ip, limit }) => {
      const choice = { ...(door === undefined ? {} : { door }), ...(ip === undefined ? {} : { source: ip }) };
      return some(view.leases(choice), limit);
    },
  };
}

const some = <T>(rows: Generator<T>, limit = Number.POSITIVE_INFINITY): Iterable<T> => rows.take(limit);

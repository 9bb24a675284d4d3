import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import type { DaemonView } from '../status/daemon-view.ts';

/** The state of the daemon. Lists the first `limit` doors and leases. */
export function viewVerbs(view: DaemonView): Pick<ControlVerbs, 'status' | 'doors' | 'attempts' | 'leases'> {
  return {
    status: async () => {
      await view.judge();
      return { status: view.status() };
    },
    doors: ({ limit }) => some(view.doors(), limit),
    attempts: () => view.attempts(),
    leases: ({ ip, limit, ...choice }) =>
      some(view.leases({ ...choice, ...(ip === undefined ? {} : { source: ip }) }), limit),
  };
}

const some = <T>(rows: Generator<T>, limit = Number.POSITIVE_INFINITY): Iterable<T> => rows.take(limit);

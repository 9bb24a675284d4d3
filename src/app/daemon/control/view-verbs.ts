import { ADDRESS, COUNT, readRequest, TEXT } from '../../../core/control/read-request.ts';
import type { DaemonView } from '../status/daemon-view.ts';
import type { ControlVerbs } from './control.ts';
import { inParts } from './in-parts.ts';

/**
 * How the daemon is. `status`: `{status: DaemonStatus}` · `doors`: parts of `{doors: DoorStatus[]}` · `attempts`: parts of
 * `{attempts: PendingAttempt[]}` · `leases`, which may
 * ask for those of one `door` or one `ip`: parts of `{leases: LeaseStatus[]}`. Of doors and leases the first `limit`.
 */
export function viewVerbs(view: DaemonView): ControlVerbs {
  return {
    status: (request) => {
      readRequest(request, {});
      return { ok: true, status: view.status() };
    },
    doors: (request) => {
      const { limit } = readRequest(request, { limit: COUNT });
      return inParts('doors', some(view.doors(), limit));
    },
    attempts: (request) => {
      readRequest(request, {});
      return inParts('attempts', view.attempts());
    },
    leases: (request) => {
      const { door, ip, limit } = readRequest(request, { door: TEXT, ip: ADDRESS, limit: COUNT });
      const choice = { ...(door === undefined ? {} : { door }), ...(ip === undefined ? {} : { source: ip }) };
      return inParts('leases', some(view.leases(choice), limit));
    },
  };
}

const some = <T>(rows: Generator<T>, limit = Number.POSITIVE_INFINITY): Iterable<T> => rows.take(limit);

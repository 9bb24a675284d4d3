import type { DaemonView } from '../daemon-view.ts';
import type { ControlVerbs } from './control.ts';
import { inParts } from './in-parts.ts';
import { ADDRESS, readRequest, TEXT } from './read-request.ts';

/**
 * How the daemon is. `status`: `{status: DaemonStatus}` · `doors`: parts of `{doors: DoorStatus[]}` · `attempts`: parts of
 * `{attempts: PendingAttempt[]}` · `leases`, which may
 * ask for those of one `door` or one `ip`: parts of `{leases: LeaseStatus[]}`.
 */
export function viewVerbs(view: DaemonView): ControlVerbs {
  return {
    status: (request) => {
      readRequest(request, {});
      return { ok: true, status: view.status() };
    },
    doors: (request) => {
      readRequest(request, {});
      return inParts('doors', view.doors());
    },
    attempts: (request) => {
      readRequest(request, {});
      return inParts('attempts', view.attempts());
    },
    leases: (request) => {
      const { door, ip } = readRequest(request, { door: TEXT, ip: ADDRESS });
      const choice = { ...(door === undefined ? {} : { door }), ...(ip === undefined ? {} : { source: ip }) };
      return inParts('leases', view.leases(choice));
    },
  };
}

import type { Instant, Millis } from '../net/time.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';
import type { OpenRequest } from './open-request.ts';

/** What the shell must do, in order. An arrow names the inputs that answer it. */
export type LeaseEffect =
  /**
   * Record the lease. `canWait`: it may be open before that, because the kernel ends it by itself and no command runs
   * for it. → `recorded`, `record-refused`
   */
  | { readonly do: 'record'; readonly lease: Lease; readonly length: Millis; readonly canWait: boolean }
  /** Record why its start command failed, or that it did not. */
  | { readonly do: 'note-start'; readonly lease: Lease }
  /** Record its new end. */
  | { readonly do: 'move-end'; readonly lease: Lease; readonly length: Millis }
  /** It is from an earlier boot: from now on its claims count as made in this one. */
  | { readonly do: 'move-claims'; readonly id: LeaseId }
  /** Record that it is over; then drop its claims. → `end-written` */
  | {
      readonly do: 'write-end';
      readonly lease: Lease;
      readonly how: LeaseEnd;
      /** When nothing of it was open any more. */
      readonly closed: Instant;
      readonly lasted: Millis;
      readonly stopFailure?: string;
      readonly dropsClaims: boolean;
    }
  /** → `ports-open`, `ports-refused` */
  | { readonly do: 'open-ports'; readonly lease: Lease }
  /** Keep its ports open until its new end. A spent single use is renewed. */
  | { readonly do: 'extend-ports'; readonly lease: Lease }
  /** Keep all ports open until the ends of their leases. Spent single uses stay spent. */
  | { readonly do: 'renew-ports' }
  /** → `ports-closed`, `close-refused` */
  | { readonly do: 'close-ports'; readonly lease: Lease; readonly how: LeaseEnd }
  /** The same without a report and without cutting connections: the ports should not be open. */
  | { readonly do: 'undo-ports'; readonly lease: Lease }
  /** Reserve a slot for a command of the door ahead of later knocks, until it runs or is released. */
  | { readonly do: 'reserve' | 'release'; readonly id: LeaseId; readonly door: string }
  /** `again`: it failed before. → `started` */
  | { readonly do: 'run-start'; readonly lease: Lease; readonly command: string; readonly again: boolean }
  /** → `stopped` */
  | { readonly do: 'run-stop'; readonly lease: Lease; readonly again: boolean }
  /** Wait for a command of a dead daemon. → `started`, `stopped` */
  | { readonly do: 'await-command'; readonly lease: Lease; readonly which: 'start' | 'stop' }
  /** → `hold-checked` */
  | { readonly do: 'check-hold'; readonly lease: Lease }
  /** Track the connections made through it. `again`: those that have just ended do not count. → `connection` */
  | { readonly do: 'follow'; readonly lease: Lease; readonly again: boolean }
  | { readonly do: 'report'; readonly notice: LeaseNotice }
  | { readonly do: 'answer'; readonly ticket: number; readonly outcome: OpenOutcome }
  /** It is over here: nothing of it is open, or the next daemon closes it. */
  | { readonly do: 'forget'; readonly id: LeaseId }
  /** A knock came while it closed: request it again. */
  | { readonly do: 'ask-again'; readonly openRequest: OpenRequest }
  /** The daemon stops, and no lease is left. */
  | { readonly do: 'idle' };

/** Reported to the log and the hooks. */
export type LeaseNotice =
  | { readonly kind: 'refused'; readonly openRequest: OpenRequest; readonly reason: string }
  | { readonly kind: 'opened' | 'extended' | 'held'; readonly lease: Lease }
  /** `cut`: connections cut with them. */
  | { readonly kind: 'ports-closed'; readonly lease: Lease; readonly how: LeaseEnd; readonly cut: number }
  /** Its stop command is about to run. */
  | { readonly kind: 'stop-due'; readonly lease: Lease }
  | { readonly kind: 'closed'; readonly lease: Lease }
  /** Closing failed for the `tries`th time; it is retried after `wait`. */
  | { readonly kind: 'not-closed'; readonly lease: Lease; readonly tries: number; readonly wait: Millis }
  | { readonly kind: 'adopted'; readonly lease: Lease; readonly isOverdue: boolean };

/** The result of a request to open. */
export type OpenOutcome =
  /**
   * Its ports are open, and it is recorded, or will be if the kernel ends it. `runsStart`: its start command runs now.
   */
  | { readonly kind: 'opened'; readonly lease: Lease; readonly runsStart: boolean }
  /** It was open already, and now closes later. */
  | { readonly kind: 'extended'; readonly lease: Lease }
  /** It is being closed, and opens again afterwards. */
  | { readonly kind: 'after-close' }
  /** Also logged. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The door does nothing for this address family, or the daemon stops. */
  | { readonly kind: 'nothing' };

import type { Instant, Millis } from '../net/time.ts';
import type { Demand } from './demand.ts';
import type { Lease, LeaseEnd, LeaseId } from './lease.ts';

/** What the shell has to do, in this order. An arrow names the inputs that answer it. */
export type LeaseEffect =
  /**
   * Write it down. `canWait`: it may be open before it is written, for the kernel ends it by itself and no command is
   * run for it. → `recorded`, `record-refused`
   */
  | { readonly do: 'record'; readonly lease: Lease; readonly length: Millis; readonly canWait: boolean }
  /** Write down what its start command failed of, or that it did not. */
  | { readonly do: 'note-start'; readonly lease: Lease }
  /** Write down its new end. */
  | { readonly do: 'move-end'; readonly lease: Lease; readonly length: Millis }
  /** It is of an earlier boot: from now on its claims count as made in this one. */
  | { readonly do: 'move-claims'; readonly id: LeaseId }
  /** Write down that it is over; afterwards drop its claims. → `end-written` */
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
  /** Have its ports stay open until its new end. A single use that is spent becomes a new one. */
  | { readonly do: 'extend-ports'; readonly lease: Lease }
  /** Have all ports stay open until the ends of their leases. Single uses that are spent stay spent. */
  | { readonly do: 'renew-ports' }
  /** → `ports-closed`, `close-refused` */
  | { readonly do: 'close-ports'; readonly lease: Lease; readonly how: LeaseEnd }
  /** The same without a word and without cutting connections: they ought not to be open. */
  | { readonly do: 'undo-ports'; readonly lease: Lease }
  /** Keep a place for a command of the door before the next knock, until it runs or is released. */
  | { readonly do: 'reserve' | 'release'; readonly id: LeaseId; readonly door: string }
  /** `again`: it has failed before. → `started` */
  | { readonly do: 'run-start'; readonly lease: Lease; readonly command: string; readonly again: boolean }
  /** → `stopped` */
  | { readonly do: 'run-stop'; readonly lease: Lease; readonly again: boolean }
  /** Wait for a command of a daemon that has died. → `started`, `stopped` */
  | { readonly do: 'await-command'; readonly lease: Lease; readonly which: 'start' | 'stop' }
  /** → `hold-checked` */
  | { readonly do: 'check-hold'; readonly lease: Lease }
  /** Look at the connections made through it. `again`: those that have ended now do not count. → `connection` */
  | { readonly do: 'follow'; readonly lease: Lease; readonly again: boolean }
  | { readonly do: 'report'; readonly news: LeaseNews }
  | { readonly do: 'answer'; readonly ticket: number; readonly outcome: OpenOutcome }
  /** It is over here: nothing of it is open, or the next daemon closes it. */
  | { readonly do: 'forget'; readonly id: LeaseId }
  /** A knock came while it closed: ask for it once more. */
  | { readonly do: 'ask-again'; readonly demand: Demand }
  /** The daemon stops, and no lease is left. */
  | { readonly do: 'idle' };

/** What the log and the hooks are told. */
export type LeaseNews =
  | { readonly kind: 'refused'; readonly demand: Demand; readonly reason: string }
  | { readonly kind: 'opened' | 'extended' | 'held'; readonly lease: Lease }
  /** `cut`: connections that were cut with them. */
  | { readonly kind: 'ports-closed'; readonly lease: Lease; readonly how: LeaseEnd; readonly cut: number }
  /** Its stop command is about to run. */
  | { readonly kind: 'stop-due'; readonly lease: Lease }
  | { readonly kind: 'closed'; readonly lease: Lease }
  /** It could not be closed, for the `tries`th time; it is retried after `wait`. */
  | { readonly kind: 'not-closed'; readonly lease: Lease; readonly tries: number; readonly wait: Millis }
  | { readonly kind: 'adopted'; readonly lease: Lease; readonly isOverdue: boolean };

/** What became of a request to open. */
export type OpenOutcome =
  /** Its ports are open, and it is recorded, or will be where the kernel ends it. `runsStart`: its start command runs now. */
  | { readonly kind: 'opened'; readonly lease: Lease; readonly runsStart: boolean }
  /** It was open already, and closes later now. */
  | { readonly kind: 'extended'; readonly lease: Lease }
  /** It is being closed, and opens again afterwards. */
  | { readonly kind: 'after-close' }
  /** The log says so too. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The door does nothing for addresses of this family, or the daemon stops. */
  | { readonly kind: 'nothing' };

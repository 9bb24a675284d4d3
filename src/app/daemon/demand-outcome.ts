import type { Lease } from '../../core/lease/lease.ts';

/** What has become of a demand. */
export type DemandOutcome =
  /** The ports are open and the lease is written down. `started`: whether its start command ends well, if it has one. */
  | { readonly kind: 'opened'; readonly lease: Lease; readonly started?: Promise<boolean> }
  /** It was open already, and its end is later now. */
  | { readonly kind: 'extended'; readonly lease: Lease }
  /** A command that nothing closes: it runs, or will. */
  | { readonly kind: 'runs' }
  /** It is being closed just now, and opens again after that. */
  | { readonly kind: 'after-close' }
  /** The log says so too. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The door does nothing for addresses of this family, or the daemon ends. */
  | { readonly kind: 'nothing' };

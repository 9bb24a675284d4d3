import type { Prefix } from './prefix.ts';

/** A route that makes addresses this host's own without an interface that has them (AnyIP, a load balancer's address). */
export type LocalRoute = {
  readonly prefix: Prefix;
  /** `broadcast`: everybody on a network has the address, and nobody sends from it. */
  readonly kind: 'local' | 'broadcast';
};

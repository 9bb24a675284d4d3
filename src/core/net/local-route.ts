import type { Prefix } from './prefix.ts';

/**
 * A route that makes addresses this host's own without an interface that has them (AnyIP, a load balancer's address).
 */
export type LocalRoute = {
  readonly prefix: Prefix;
  /** `broadcast`: everybody on a network receives packets to it, and nobody sends from it. */
  readonly kind: 'local' | 'broadcast';
};

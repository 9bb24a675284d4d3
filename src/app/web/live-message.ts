import type { FollowPart } from '../../core/control/feed-event.ts';
import type { Overview } from '../../core/control/overview.ts';

/** A line of `/api/live`. `trouble`: why the daemon does not answer. */
export type LiveMessage =
  | { readonly kind: 'hello'; readonly host: string; readonly readOnly: boolean }
  | ({ readonly kind: 'overview' } & Overview)
  | ({ readonly kind: 'part' } & FollowPart)
  | { readonly kind: 'trouble'; readonly message: string };

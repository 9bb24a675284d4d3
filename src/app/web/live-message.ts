import type { FeedEvent, FollowPart } from '../../core/control/feed-event.ts';
import type { Overview } from '../../core/control/overview.ts';

/** `NoAnswer` of the daemon by its kind, or `hung`. */
export type Trouble = 'refused' | 'no-daemon' | 'permission' | 'other-version' | 'failed' | 'hung';

/** A line of `/api/live`. `trouble`: why the daemon does not answer, by its kind and in English. */
export type LiveMessage =
  | { readonly kind: 'hello'; readonly host: string; readonly readOnly: boolean }
  /** What has happened before. */
  | { readonly kind: 'past'; readonly events: readonly FeedEvent[] }
  | ({ readonly kind: 'overview' } & Overview)
  | ({ readonly kind: 'part' } & FollowPart)
  | { readonly kind: 'trouble'; readonly why: Trouble; readonly message: string };

import type { Millis } from '../../core/net/time.ts';

/** `83 s left`. */
export const renderTrial = (left: Millis): string => `${Math.ceil(left / 1000)} s left`;

import type { Completion } from '../../../core/attempt/completion.ts';

/** Handles a completed sequence. `whyNot`: why it does not count. */
export type OnCompletion = (completion: Completion, whyNot?: string) => void;

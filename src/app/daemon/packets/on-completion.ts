import type { Completion } from '../../../core/attempt/completion.ts';

/** Takes a completed sequence. `whyNot`: it does not count. */
export type OnCompletion = (completion: Completion, whyNot?: string) => void;

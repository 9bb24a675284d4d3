import type { Answers, AnswerVerb, Requests, Rows, RowsVerb } from '../../../core/control/contract.ts';

export type AnswerVerbs = {
  readonly [V in AnswerVerb]: (fields: Requests[V]) => Answers[V] | Promise<Answers[V]>;
};

/** Rows are made as they are taken. */
export type RowsVerbs = {
  readonly [V in RowsVerb]: (fields: Requests[V]) => Iterable<Rows[V]> | AsyncIterable<Rows[V]>;
};

/**
 * What the daemon does at each request of the contract. It may throw a `RequestError`, and a `StoreError`: they are told to
 * who asked.
 */
export type ControlVerbs = AnswerVerbs & RowsVerbs;

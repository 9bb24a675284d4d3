import type {
  Answers,
  AnswerVerb,
  Requests,
  Rows,
  RowsVerb,
  Streams,
  StreamVerb,
} from '../../../core/control/contract.ts';
import type { ByOperator } from '../../../core/event/event.ts';

/** Who asks, for the log and the history. */
export type Asker = () => ByOperator;

export type AnswerVerbs = {
  readonly [V in AnswerVerb]: (fields: Requests[V], asker: Asker) => Answers[V] | Promise<Answers[V]>;
};

/** Rows are made as they are taken. */
export type RowsVerbs = {
  readonly [V in RowsVerb]: (fields: Requests[V]) => Iterable<Rows[V]> | AsyncIterable<Rows[V]>;
};

/** Each line is made when the client has taken the one before. */
export type StreamVerbs = {
  readonly [V in StreamVerb]: (fields: Requests[V]) => AsyncIterable<Streams[V]>;
};

/**
 * What the daemon does at each request of the contract. It may throw a `RequestError`, and a `StoreError`: they are told to
 * who asked.
 */
export type ControlVerbs = AnswerVerbs & RowsVerbs & StreamVerbs;

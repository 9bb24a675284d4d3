import type {
  Answers,
  AnswerVerb,
  Requests,
  Rows,
  RowsVerb,
  Streams,
  StreamVerb,
} from '../../core/control/contract.ts';
import type { FleetVerb } from '../../core/control/fleet-link.ts';
import type { ByOperator } from '../../core/event/event.ts';

/** Who asks, for the log and the history. */
export type Requester = () => ByOperator;

export type AnswerVerbs = {
  readonly [V in AnswerVerb]: (fields: Requests[V], asker: Requester) => Answers[V] | Promise<Answers[V]>;
};

/** Rows are made on demand. */
export type RowsVerbs = {
  readonly [V in RowsVerb]: (fields: Requests[V]) => Iterable<Rows[V]> | AsyncIterable<Rows[V]>;
};

/** Each line is made when the client has read the one before. */
export type StreamVerbs = {
  readonly [V in StreamVerb]: (fields: Requests[V]) => AsyncIterable<Streams[V]>;
};

/**
 * What the daemon does for each request of the contract. A verb may throw a `RequestError` or a `StoreError`, which the
 * client is told.
 */
export type ControlVerbs = AnswerVerbs & RowsVerbs & StreamVerbs;

/** The verbs of the link to the carrier of a fleet. */
export type FleetVerbs = Pick<ControlVerbs, FleetVerb>;

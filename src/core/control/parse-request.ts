import { quoteText } from '../text/quote-text.ts';
import { type ControlVerb, isControlVerb, REQUESTS, type Requests } from './contract.ts';
import { isObject, type Reader, WrongValue } from './reader.ts';

/** A request that is invalid or cannot be carried out, worded for its sender. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** A request as a client sends it. */
export type ControlRequest<V extends ControlVerb> = { readonly verb: V } & Requests[V];

type AnyReader = Reader<unknown> & { readonly optional?: true };

export function renderRequest<V extends ControlVerb>(request: ControlRequest<V>): object {
  const readers = readersOf(request.verb);
  const fields = Object.entries(request).map(([name, value]) => {
    const write = readers.get(name)?.write;
    return [name, write === undefined ? value : write(value)];
  });
  return Object.fromEntries(fields);
}

/** The verb of the request. Throws a `RequestError`. */
export function requestVerb(request: unknown): ControlVerb {
  if (!isObject(request) || !Object.hasOwn(request, 'verb')) {
    throw new RequestError('a request is an object with a verb');
  }
  if (!isControlVerb(request.verb)) throw new RequestError('this daemon does not know such a verb');
  return request.verb;
}

/** Reads every field of the request; unknown fields are an error. Throws a `RequestError`. */
export function parseRequest<V extends ControlVerb>(verb: V, request: unknown): Requests[V] {
  const readers = readersOf(verb);
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ ...(isObject(request) ? request : {}) })) {
    if (name === 'verb') continue;
    const reader = readers.get(name);
    if (reader === undefined) throw new RequestError(`this verb has no field ${quoteText(name)}`);
    const read = reader.read(value);
    if (read instanceof WrongValue) throw new RequestError(`the field ${quoteText(name)} is not ${read.is}`);
    values[name] = read;
  }
  for (const [name, { optional }] of readers) if (optional !== true) needed(values[name], name);
  return values as Requests[V];
}

/** The value, or a `RequestError` if it is absent. */
export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RequestError(`the field ${quoteText(name)} is missing`);
  return value;
}

const readersOf = (verb: ControlVerb): ReadonlyMap<string, AnyReader> =>
  new Map<string, AnyReader>(Object.entries(REQUESTS[verb]));

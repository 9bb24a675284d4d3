import type { ControlVerb } from '../../core/control/contract.ts';
import { type ControlRequest, parseRequest, RequestError } from '../../core/control/parse-request.ts';
import { isObject } from '../../core/control/reader.ts';

/** The commands that a page may give. */
type OrderVerb = 'open' | 'extend' | 'close' | 'ban' | 'unban';

export type WebOrder = { readonly [V in OrderVerb]: ControlRequest<V> }[OrderVerb];

const ORDERS: ReadonlySet<ControlVerb> = new Set<OrderVerb>(['open', 'extend', 'close', 'ban', 'unban']);

/** Throws a `RequestError`. */
export function readOrder(text: string): WebOrder {
  const request = parseJson(text);
  if (!isObject(request) || !isOrderVerb(request.verb)) {
    throw new RequestError(`an order is an object with a verb: ${[...ORDERS].join(', ')}`);
  }
  const { verb, via: _, ...fields } = request;
  if (!isOrderVerb(verb)) throw new RequestError('there is no such command');
  return orderOf(verb, { ...fields, via: 'web' });
}

function orderOf<V extends OrderVerb>(verb: V, fields: object): WebOrder {
  switch (verb) {
    case 'open':
      return { verb: 'open', ...parseRequest('open', fields) };
    case 'extend':
      return { verb: 'extend', ...parseRequest('extend', fields) };
    case 'close':
      return { verb: 'close', ...parseRequest('close', fields) };
    case 'ban':
      return { verb: 'ban', ...parseRequest('ban', fields) };
    default:
      return { verb: 'unban', ...parseRequest('unban', fields) };
  }
}

const isOrderVerb = (verb: unknown): verb is OrderVerb =>
  typeof verb === 'string' && [...ORDERS].some((one) => one === verb);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('that is not JSON');
  }
}

import type { ControlRequest } from '../../core/control/parse-request.ts';
import { RequestError } from '../../core/control/parse-request.ts';
import { type Address, parseAddress } from '../../core/net/address.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { askDaemon, askForRows, type DaemonReply, type DaemonSelector } from '../ask/ask-daemon.ts';
import { readOrder, type WebOrder } from './read-order.ts';
import { Turns } from './turns.ts';

/** BOUNDED: leases of a day sent to a page. */
const MAX_HISTORY = 500;

/** The control socket has 16 clients at most, for all programs of this host. Pages wait for their turn. */
const TURNS = new Turns(4);

export type WebAnswer = { readonly status: number; readonly value: object };

/** Requests of a page besides the live stream. `undefined`: there is no such resource. */
export async function answerQuestion(
  choice: DaemonSelector,
  path: string,
  query: URLSearchParams,
): Promise<WebAnswer | undefined> {
  try {
    using _turn = await TURNS.take();
    switch (path) {
      case '/api/explain':
        return statusOf(await askDaemon(choice, { verb: 'explain', ip: readAddress(query) }));
      case '/api/history':
        return statusOf(
          await askForRows(choice, { verb: 'history', since: readSince(query), limit: MAX_HISTORY }),
        );
      case '/api/penalties':
        return statusOf(await askForRows(choice, { verb: 'penalties' }));
      case '/api/bans':
        return statusOf(await askForRows(choice, { verb: 'bans' }));
      default:
        return undefined;
    }
  } catch (error) {
    return refusalOf(error);
  }
}

/** `isDone`: something has changed. */
export async function answerOrder(
  choice: DaemonSelector,
  body: string,
): Promise<WebAnswer & { readonly isDone: boolean }> {
  try {
    using _turn = await TURNS.take();
    const reply = await giveOrder(choice, readOrder(body));
    return { ...statusOf(reply), isDone: reply.kind === 'answer' };
  } catch (error) {
    return { ...refusalOf(error), isDone: false };
  }
}

function giveOrder(choice: DaemonSelector, order: WebOrder): Promise<DaemonReply<object>> {
  switch (order.verb) {
    case 'open':
      return askDaemon(choice, order satisfies ControlRequest<'open'>);
    case 'extend':
      return askDaemon(choice, order satisfies ControlRequest<'extend'>);
    case 'close':
      return askDaemon(choice, order satisfies ControlRequest<'close'>);
    case 'ban':
      return askDaemon(choice, order satisfies ControlRequest<'ban'>);
    case 'unban':
      return askDaemon(choice, order satisfies ControlRequest<'unban'>);
    default:
      throw new Error(`an order that is not given: ${JSON.stringify(order satisfies never)}`);
  }
}

function statusOf(reply: DaemonReply<object>): WebAnswer {
  if (reply.kind === 'answer') return { status: 200, value: { answer: reply.answer } };
  return { status: reply.kind === 'refused' ? 409 : 502, value: { error: reply.message } };
}

function refusalOf(error: unknown): WebAnswer {
  if (error instanceof RequestError) return { status: 400, value: { error: error.message } };
  throw error;
}

function readAddress(query: URLSearchParams): Address {
  const address = parseAddress(query.get('ip') ?? '');
  if (address === undefined) throw new RequestError('ip is not an address');
  return address;
}

function readSince(query: URLSearchParams): Instant {
  const text = query.get('since') ?? '';
  if (/^[0-9]{1,15}$/.test(text)) return instant(Number(text));
  throw new RequestError('since is not a moment, in milliseconds since 1970');
}

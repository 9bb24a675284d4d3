import type { FeedEvent, FollowPart } from '../../core/control/feed-event.ts';
import { parseStreamed } from '../../core/control/parse-answer.ts';
import { renderRequest } from '../../core/control/parse-request.ts';
import { ControlError, Conversation } from '../../host/control/control-client.ts';
import {
  askDaemon,
  type DaemonSelector,
  failureOf,
  findSocket,
  greetDaemon,
  type NoAnswer,
  replyOf,
} from './ask-daemon.ts';

export type Followed = { readonly kind: 'part'; readonly part: FollowPart } | NoAnswer;

/**
 * Yields the daemon's events from now on, from a cursor on, or from some events ago on. The last part says why the stream ended. To hang up, stop iterating or
 * abort `signal`.
 */
export async function* followDaemon(
  choice: DaemonSelector,
  from?: string | { readonly latest: number },
  signal?: AbortSignal,
): AsyncGenerator<Followed, void> {
  const found = await findSocket(choice);
  if (typeof found !== 'string') {
    yield found;
    return;
  }
  let hasBegun = false;
  try {
    using conversation = new Conversation(found);
    signal?.addEventListener('abort', () => conversation.hangUp(), { once: true });
    const refusal = await greetDaemon(conversation, choice);
    if (refusal !== undefined) {
      yield refusal;
      return;
    }
    const start = typeof from === 'string' ? { since: from } : (from ?? {});
    let line = await conversation.ask(renderRequest({ verb: 'follow', ...start }));
    for (;;) {
      const said = parseStreamed('follow', line);
      if (said.kind !== 'answer') {
        yield replyOf(said);
        return;
      }
      hasBegun = true;
      yield { kind: 'part', part: said.answer };
      line = await conversation.next();
    }
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    yield hasBegun && !signal?.aborted ? await whyEnded(choice) : failureOf(error, choice);
  }
}

/**
 * A daemon that exits removes its socket. If the socket still exists, the daemon dropped this client because it read
 * too slowly.
 */
async function whyEnded(choice: DaemonSelector): Promise<NoAnswer> {
  const reply = await askDaemon(choice, { verb: 'ping' });
  if (reply.kind !== 'answer') return reply;
  return { kind: 'no-daemon', message: 'the daemon has hung up: what it told was read too slowly' };
}

/** The latest events, oldest first; none if the daemon does not answer. */
export async function latestEvents(choice: DaemonSelector, latest: number): Promise<readonly FeedEvent[]> {
  const stop = new AbortController();
  for await (const followed of followDaemon(choice, { latest }, stop.signal)) {
    stop.abort();
    return followed.kind === 'part' ? followed.part.events : [];
  }
  return [];
}

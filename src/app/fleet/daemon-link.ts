import type { Answers, AnswerVerb } from '../../core/control/contract.ts';
import type { FleetBegin, FleetPart } from '../../core/control/fleet-link.ts';
import { parseAnswer, parseStreamed } from '../../core/control/parse-answer.ts';
import { type ControlRequest, renderRequest } from '../../core/control/parse-request.ts';
import { ControlError, Conversation, type Patience } from '../../host/control/control-client.ts';

/** The daemon could not be reached, or refused. The message says why. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
}

/** The daemon closes a connection without requests after 10 s. */
const FRESH_MS = 5000;
/** BOUNDED: requests that wait for the daemon. */
const MAX_WAITING = 1024;

/**
 * Sends requests to the daemon one after the other over one connection. Opens a new connection if the last one was
 * idle.
 */
export class RequestLine {
  readonly #path: string;
  readonly #patience: Patience;
  #conversation: Conversation | undefined;
  #usedAt = 0;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, patience: Patience = 'short') {
    this.#path = path;
    this.#patience = patience;
  }

  get isFull(): boolean {
    return this.#waiting >= MAX_WAITING;
  }

  /** Rejects with a `LinkError`. */
  async ask<V extends AnswerVerb>(request: ControlRequest<V>): Promise<Answers[V]> {
    if (this.isFull) throw new LinkError('the daemon is too slow: too many requests wait for it');
    this.#waiting += 1;
    const answer = this.#last.then(() => this.#askNow(request));
    this.#last = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#waiting -= 1;
    }
  }

  close(): void {
    this.#conversation?.[Symbol.dispose]();
    this.#conversation = undefined;
  }

  async #askNow<V extends AnswerVerb>(request: ControlRequest<V>): Promise<Answers[V]> {
    if (performance.now() - this.#usedAt > FRESH_MS) this.close();
    try {
      this.#conversation ??= new Conversation(this.#path, this.#patience);
      const said = parseAnswer(request.verb, await this.#conversation.ask(renderRequest(request)));
      this.#usedAt = performance.now();
      if (said.kind !== 'answer') throw new LinkError(said.message);
      return said.answer;
    } catch (error) {
      this.close();
      throw linkError(error);
    }
  }
}

/** The stream of parts from the daemon to the carrier. */
export class FollowedDaemon implements Disposable {
  readonly begin: FleetBegin;
  readonly #conversation: Conversation;

  private constructor(conversation: Conversation, begin: FleetBegin) {
    this.#conversation = conversation;
    this.begin = begin;
  }

  /** Throws a `LinkError`. */
  static async open(path: string): Promise<FollowedDaemon> {
    let conversation: Conversation | undefined;
    try {
      conversation = new Conversation(path, 'endless');
      const first = readPart(await conversation.ask(renderRequest({ verb: 'fleet-follow' })));
      if (first.kind !== 'begin') throw new LinkError('the daemon does not begin with its fleet');
      return new FollowedDaemon(conversation, first);
    } catch (error) {
      conversation?.[Symbol.dispose]();
      throw linkError(error);
    }
  }

  /** The next part. Throws a `LinkError`. */
  async next(): Promise<FleetPart> {
    try {
      return readPart(await this.#conversation.next());
    } catch (error) {
      throw linkError(error);
    }
  }

  [Symbol.dispose](): void {
    this.#conversation[Symbol.dispose]();
  }
}

function readPart(line: unknown): FleetPart {
  const said = parseStreamed('fleet-follow', line);
  if (said.kind !== 'answer') throw new LinkError(said.message);
  return said.answer;
}

function linkError(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  if (error instanceof ControlError) return new LinkError(error.message);
  throw error;
}

import {
  type AnswerVerb,
  hasRows,
  isStream,
  type RowsVerb,
  type StreamVerb,
} from '../../../core/control/contract.ts';
import type { FleetVerb } from '../../../core/control/fleet-link.ts';
import { renderAnswer, renderStreamed } from '../../../core/control/parse-answer.ts';
import { parseRequest, RequestError, requestVerb } from '../../../core/control/parse-request.ts';
import { isObject } from '../../../core/control/reader.ts';
import type { ControlReply } from '../../../host/control/control-server.ts';
import type {
  AnswerVerbs,
  ControlVerbs,
  FleetVerbs,
  Requester,
  RowsVerbs,
  StreamVerbs,
} from '../../../host/control/control-verbs.ts';
import { StoreError } from '../../../host/store/lease-store.ts';
import { inParts } from './in-parts.ts';

/**
 * Always a stream, whatever the verb returns. An exception becomes the last line. `login`: the name of the client's
 * user.
 */
export async function* answerRequest(
  verbs: ControlVerbs,
  request: unknown,
  login: () => string | undefined,
): AsyncGenerator<ControlReply> {
  try {
    const verb = requestVerb(request);
    if (hasRows(verb)) yield* answerRows(verbs, verb, request);
    else if (isStream(verb)) yield* answerStream(verbs, verb, request);
    else yield await answerOnce(verbs, verb, request, whoAsks(request, login));
  } catch (error) {
    if (!(error instanceof RequestError || error instanceof StoreError)) throw error;
    yield { ok: false, error: error.message };
  }
}

/** The same for the carrier of the fleet, which may ask nothing else. */
export async function* answerCarrier(
  verbs: FleetVerbs,
  verb: FleetVerb,
  request: unknown,
): AsyncGenerator<ControlReply> {
  try {
    if (verb === 'fleet-follow') yield* answerStream(verbs, verb, request);
    else yield await answerOnce(verbs, verb, request, () => ({}));
  } catch (error) {
    if (!(error instanceof RequestError || error instanceof StoreError)) throw error;
    yield { ok: false, error: error.message };
  }
}

function answerRows<V extends RowsVerb>(verbs: RowsVerbs, verb: V, request: unknown) {
  return inParts(verb, verbs[verb](parseRequest(verb, request)));
}

async function* answerStream<V extends StreamVerb>(verbs: Pick<StreamVerbs, V>, verb: V, request: unknown) {
  for await (const part of verbs[verb](parseRequest(verb, request))) yield renderStreamed(verb, part);
}

async function answerOnce<V extends AnswerVerb>(
  verbs: Pick<AnswerVerbs, V>,
  verb: V,
  request: unknown,
  asker: Requester,
) {
  return renderAnswer(verb, await verbs[verb](parseRequest(verb, request), asker));
}

/** The name is looked up on demand: only operator commands need it. */
function whoAsks(request: unknown, login: () => string | undefined): Requester {
  const page = isObject(request) && request.via === 'web' ? ['(web)'] : [];
  return () => {
    const name = login();
    const words = name === undefined ? page : [name, ...page];
    return words.length === 0 ? {} : { by: words.join(' ') };
  };
}

import { type AnswerVerb, hasRows, type RowsVerb } from '../../../core/control/contract.ts';
import { renderAnswer } from '../../../core/control/parse-answer.ts';
import { parseRequest, RequestError, requestVerb } from '../../../core/control/parse-request.ts';
import type { ControlReply } from '../../../host/control/control-server.ts';
import { StoreError } from '../../../host/store/lease-store.ts';
import type { AnswerVerbs, ControlVerbs, RowsVerbs } from './control-verbs.ts';
import { inParts } from './in-parts.ts';

/** As a stream, however the verb answers: what it throws becomes the last line. */
export async function* answerRequest(verbs: ControlVerbs, request: unknown): AsyncGenerator<ControlReply> {
  try {
    const verb = requestVerb(request);
    if (hasRows(verb)) yield* answerRows(verbs, verb, request);
    else yield await answerOnce(verbs, verb, request);
  } catch (error) {
    if (!(error instanceof RequestError || error instanceof StoreError)) throw error;
    yield { ok: false, error: error.message };
  }
}

function answerRows<V extends RowsVerb>(verbs: RowsVerbs, verb: V, request: unknown) {
  return inParts(verb, verbs[verb](parseRequest(verb, request)));
}

async function answerOnce<V extends AnswerVerb>(verbs: AnswerVerbs, verb: V, request: unknown) {
  return renderAnswer(verb, await verbs[verb](parseRequest(verb, request)));
}

import type { Event } from '../../../core/event/event.ts';
import {
  type ControlAnswer,
  type ControlReply,
  ControlServer,
} from '../../../host/control/control-server.ts';
import { StoreError } from '../../../host/store/lease-store.ts';
import { LockOutError } from '../lock-out.ts';
import { controlSocketIn } from '../open-state.ts';
import type { OwnerGuard } from '../owner-guard.ts';
import { RequestError } from './read-request.ts';

/**
 * What the daemon can be asked, by the word after `verb`. A verb may throw a `RequestError`, and a `StoreError`: they are
 * told to who asked.
 */
export type ControlVerbs = Readonly<
  Record<string, (request: Readonly<Record<string, unknown>>) => ControlAnswer>
>;

/**
 * Opens the socket in the daemon's own directory. Without one it still keeps doors, and the log says why; not while it
 * waits to be confirmed there: then it throws a `LockOutError`.
 */
export async function openControl(
  directory: string | undefined,
  guard: OwnerGuard | undefined,
  verbs: ControlVerbs,
  report: (event: Event) => void,
): Promise<ControlServer | undefined> {
  const all: ControlVerbs = {
    ping: () => ({ ok: true }),
    confirm: () => ({ ok: true, confirmed: guard?.confirm() === true }),
    ...verbs,
  };
  let why = 'the state directory could not be opened';
  if (directory !== undefined) {
    const path = controlSocketIn(directory);
    try {
      return await ControlServer.open(path, (request) => answer(all, request));
    } catch (error) {
      why = `${path}: ${(error as Error).message}`;
      const text = `${why}; commands such as \`bussa confirm\` do not reach this daemon`;
      report({ kind: 'error', text });
    }
  }
  if (guard?.isPending !== true) return undefined;
  throw new LockOutError(`not started, nothing is changed: it could not be confirmed: ${why}`);
}

/** As a stream, however the verb answers: what it throws becomes the last part. */
async function* answer(verbs: ControlVerbs, request: unknown): AsyncGenerator<ControlReply> {
  try {
    const answered = verbOf(verbs, request)({ ...(request as object) });
    if (Symbol.asyncIterator in answered) yield* answered;
    else yield await answered;
  } catch (error) {
    if (!(error instanceof RequestError || error instanceof StoreError)) throw error;
    yield { ok: false, error: error.message };
  }
}

function verbOf(verbs: ControlVerbs, request: unknown): ControlVerbs[string] {
  if (typeof request !== 'object' || request === null || !('verb' in request)) {
    throw new RequestError('a request is an object with a verb');
  }
  const { verb } = request;
  const known = typeof verb === 'string' && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) throw new RequestError('this daemon does not know such a verb');
  return known;
}

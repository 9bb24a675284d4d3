import type { Event } from '../../core/event/event.ts';
import { type ControlReply, ControlServer } from '../../host/control/control-server.ts';
import { LockOutError } from './lock-out.ts';
import { controlSocketIn } from './open-state.ts';
import type { OwnerGuard } from './owner-guard.ts';

/** What the daemon can be asked, by the word after `verb`. */
type ControlVerbs = Readonly<
  Record<string, (request: Readonly<Record<string, unknown>>) => ControlReply | Promise<ControlReply>>
>;

/**
 * Opens the socket in the daemon's own directory. Without one it still keeps doors, and the log says why; not while it
 * waits to be confirmed there: then it throws a `LockOutError`.
 */
export async function openControl(
  directory: string | undefined,
  guard: OwnerGuard | undefined,
  report: (event: Event) => void,
): Promise<ControlServer | undefined> {
  const verbs: ControlVerbs = {
    ping: () => ({ ok: true }),
    confirm: () => ({ ok: true, confirmed: guard?.confirm() === true }),
  };
  let why = 'the state directory could not be opened';
  if (directory !== undefined) {
    const path = controlSocketIn(directory);
    try {
      return await ControlServer.open(path, (request) => answer(verbs, request));
    } catch (error) {
      why = `${path}: ${(error as Error).message}`;
      const text = `${why}; commands such as \`bussa confirm\` do not reach this daemon`;
      report({ kind: 'error', text });
    }
  }
  if (guard?.isPending !== true) return undefined;
  throw new LockOutError(`not started, nothing is changed: it could not be confirmed: ${why}`);
}

function answer(verbs: ControlVerbs, request: unknown): ControlReply | Promise<ControlReply> {
  if (typeof request !== 'object' || request === null || !('verb' in request)) {
    return { ok: false, error: 'a request is an object with a verb' };
  }
  const { verb } = request;
  const known = typeof verb === 'string' && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (known === undefined) return { ok: false, error: 'this daemon does not know such a verb' };
  return known({ ...request });
}

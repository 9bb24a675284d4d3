import { RequestError } from '../../../core/control/read-request.ts';
import type { Event } from '../../../core/event/event.ts';
import { askControl } from '../../../host/control/control-client.ts';
import {
  type ControlAnswer,
  type ControlReply,
  ControlServer,
} from '../../../host/control/control-server.ts';
import { StoreError } from '../../../host/store/lease-store.ts';
import { controlSocketIn } from '../../state/open-state.ts';
import { LockoutError } from '../lockout-guard/lockout.ts';
import type { LockoutGuard } from '../lockout-guard/lockout-guard.ts';

/**
 * What the daemon can be asked, by the word after `verb`. A verb may throw a `RequestError`, and a `StoreError`: they are
 * told to who asked.
 */
export type ControlVerbs = Readonly<
  Record<string, (request: Readonly<Record<string, unknown>>) => ControlAnswer>
>;

export type ControlParts = {
  /** The daemon's own. */
  readonly directory: string;
  readonly guard: LockoutGuard | undefined;
  readonly verbs: ControlVerbs;
  readonly report: (event: Event) => void;
  /** Whether the state is this daemon's alone. Else another one may live there. */
  readonly isAlone: () => boolean;
};

/** The socket in the daemon's own directory. Without one the daemon still keeps doors, and the log says why. */
export class Control {
  readonly #parts: ControlParts;
  readonly #verbs: ControlVerbs;
  #server: ControlServer | undefined;
  #isClosed = false;

  constructor(parts: ControlParts) {
    const { guard, verbs } = parts;
    this.#parts = parts;
    this.#verbs = {
      ping: () => ({ ok: true }),
      confirm: () => ({ ok: true, confirmed: guard?.confirm() === true }),
      ...verbs,
    };
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Throws a `LockoutError` where it cannot be opened and the daemon waits to be confirmed there. */
  async open(isDirectoryUnusable: boolean): Promise<void> {
    const why = isDirectoryUnusable ? 'the state directory could not be opened' : await this.#tryOpen();
    if (why === undefined || this.#parts.guard?.isPending !== true) return;
    throw new LockoutError(`not started, nothing is changed: it could not be confirmed: ${why}`);
  }

  /** The state directory can be used by now. */
  async openLate(): Promise<void> {
    if (!this.isOpen && !this.#isClosed) await this.#tryOpen();
    if (this.#isClosed) this.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#server?.close();
    this.#server = undefined;
  }

  /** Returns why it cannot be opened, which is in the log then. */
  async #tryOpen(): Promise<string | undefined> {
    const { directory, report, isAlone } = this.#parts;
    const path = controlSocketIn(directory);
    try {
      if (!isAlone() && (await isAnswered(path))) throw new Error('another daemon answers there');
      this.#server = await ControlServer.open(path, (request) => answer(this.#verbs, request));
      return undefined;
    } catch (error) {
      const why = `${path}: ${(error as Error).message}`;
      report({ kind: 'error', text: `${why}; commands such as \`bussa confirm\` do not reach this daemon` });
      return why;
    }
  }
}

async function isAnswered(path: string): Promise<boolean> {
  try {
    await askControl(path, { verb: 'ping' });
    return true;
  } catch {
    return false;
  }
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

import type { FleetVerb } from '../../../core/control/fleet-link.ts';
import { PROTOCOL } from '../../../core/control/greeting.ts';
import type { Event } from '../../../core/event/event.ts';
import { askControl } from '../../../host/control/control-client.ts';
import { type ControlReply, ControlServer } from '../../../host/control/control-server.ts';
import type { ControlVerbs } from '../../../host/control/control-verbs.ts';
import type { Peer } from '../../../host/ffi/peer.ts';
import { loginName } from '../../../host/privileges/login-name.ts';
import { controlSocketIn } from '../../state/open-state.ts';
import { LockoutError } from '../lockout-guard/lockout.ts';
import type { LockoutGuard } from '../lockout-guard/lockout-guard.ts';
import { answerRequest } from './answer-request.ts';
import { WRONG_SOCKET } from './wrong-socket.ts';

export type ControlParts = {
  /** The daemon's own directory. */
  readonly directory: string;
  readonly guard: LockoutGuard | undefined;
  readonly version: string;
  /** All verbs except those about the daemon itself. */
  readonly verbs: Omit<ControlVerbs, FleetVerb | 'ping' | 'confirm'>;
  readonly report: (event: Event) => void;
  /** Whether only this daemon uses the state directory. */
  readonly isAlone: () => boolean;
};

/**
 * The control socket in the daemon's own directory. Without it the daemon still serves its doors, and the log says why.
 */
export class Control {
  readonly #parts: ControlParts;
  readonly #verbs: ControlVerbs;
  #server: ControlServer | undefined;
  #isClosed = false;
  /** Requests wait until the daemon is complete. */
  readonly #begun = Promise.withResolvers<void>();

  constructor(parts: ControlParts) {
    const { guard, version, verbs } = parts;
    this.#parts = parts;
    this.#verbs = {
      ping: () => ({ protocol: PROTOCOL, version }),
      confirm: (_, asker) => ({ confirmed: guard?.confirm(asker()) === true }),
      ...verbs,
      ...WRONG_SOCKET,
    };
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Throws a `LockoutError` if the socket cannot be opened and the daemon needs a confirmation there. */
  async open(isDirectoryUnusable: boolean): Promise<void> {
    const why = isDirectoryUnusable ? 'the state directory could not be opened' : await this.#tryOpen();
    if (why === undefined || this.#parts.guard?.isPending !== true) return;
    throw new LockoutError(`not started, nothing is changed: the trial could not be confirmed: ${why}`);
  }

  /** The state directory has become usable. */
  async openLate(): Promise<void> {
    if (!this.isOpen && !this.#isClosed) await this.#tryOpen();
    if (this.#isClosed) this.close();
  }

  /** The daemon is complete: answers waiting requests first, then new ones. */
  answer(): void {
    this.#begun.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#server?.close();
    this.#server = undefined;
  }

  async *#answer(request: unknown, peer: Peer | undefined): AsyncGenerator<ControlReply> {
    await this.#begun.promise;
    yield* answerRequest(this.#verbs, request, () => (peer === undefined ? undefined : loginName(peer)));
  }

  /** Returns why the socket cannot be opened, which is already logged. */
  async #tryOpen(): Promise<string | undefined> {
    const { directory, report, isAlone } = this.#parts;
    const path = controlSocketIn(directory);
    try {
      if (!isAlone() && (await isAnswered(path))) throw new Error('another daemon answers there');
      this.#server = await ControlServer.open(path, (request, peer) => this.#answer(request, peer));
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

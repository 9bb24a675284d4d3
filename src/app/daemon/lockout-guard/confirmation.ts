import type { ByOperator, Event } from '../../../core/event/event.ts';
import { after, type Instant, type Millis, millis, since } from '../../../core/net/time.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { Readiness } from '../../../host/ffi/readiness.ts';
import { isAtTerminal, watchEnterKey } from '../../../host/terminal/enter-key.ts';
import type { RollbackRequest } from './rollback-request.ts';
import { type RollbackProcess, startRollback } from './start-rollback.ts';

const LOOK_MS = 500;

/** Time for a daemon that rolls back by itself, including the start before the wait. */
const GRACE = millis(20_000);

export type ConfirmationParts = {
  readonly limit: Millis;
  /** The command that confirms, as the operator would type it. */
  readonly command: string;
  readonly clock: Clock;
  readonly report: (event: Event) => void;
  readonly request: () => Pick<RollbackRequest, 'settings' | 'log'>;
  /** Confirmed: the ports may stay closed. */
  readonly onConfirmed: () => void;
};

/** The time in which somebody must confirm that the doors work. Otherwise everything is rolled back. */
export class Confirmation {
  readonly #parts: ConfirmationParts;
  readonly #unconfirmed = Promise.withResolvers<void>();
  #state: 'preparing' | 'waiting' | 'confirmed' | 'undoing' = 'preparing';
  #watch: RollbackProcess | undefined;
  #deadline: Instant | undefined;
  #timer: NodeJS.Timeout | undefined;
  #key: Readiness | undefined;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /** Resolves when the time is over without a confirmation. */
  get unconfirmed(): Promise<void> {
    return this.#unconfirmed.promise;
  }

  get isPending(): boolean {
    return this.#state !== 'confirmed';
  }

  /** Time left to confirm, while one is awaited. */
  get left(): Millis | undefined {
    if (this.#state !== 'waiting' || this.#deadline === undefined) return undefined;
    return millis(Math.max(0, since(this.#parts.clock.sinceBoot(), this.#deadline)));
  }

  /** Before any port is closed: starts the process that rolls back if this one cannot. */
  async prepare(): Promise<void> {
    const { clock, limit, request, report } = this.#parts;
    const lastMoment = after(after(clock.sinceBoot(), limit), GRACE);
    const lost = (): void => {
      if (this.isPending) report({ kind: 'warning', text: LOST });
    };
    this.#watch = await startRollback({ kind: 'watch', pid: process.pid, lastMoment, ...request() }, lost);
  }

  /** The ports are closed: the time starts. */
  begin(): void {
    const { clock, command, limit, report } = this.#parts;
    this.#state = 'waiting';
    this.#deadline = after(clock.sinceBoot(), limit);
    // Timers of Node.js do not run while the machine sleeps, so the clock is checked.
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    const atTerminal = isAtTerminal();
    if (atTerminal) this.#key = watchEnterKey(() => this.confirm('terminal'));
    report({ kind: 'unconfirmed', seconds: limit / 1000, how: command, atTerminal });
  }

  /** Returns whether this call confirmed. */
  confirm(at: 'control' | 'terminal', operator: ByOperator = {}): boolean {
    if (this.#state !== 'waiting') return false;
    this.#state = 'confirmed';
    this.#stopWaiting();
    // First: a daemon that dies from here on leaves the ports closed.
    this.#watch?.over();
    this.#parts.onConfirmed();
    this.#parts.report({ kind: 'confirmed', at, ...operator });
    return true;
  }

  /** The daemon is stopping: it is too late to confirm. */
  end(): void {
    this.#stopWaiting();
    if (this.isPending) this.#state = 'undoing';
  }

  /** The start failed before anything was closed. */
  abandon(): void {
    if (this.#state === 'preparing') this.#watch?.over();
  }

  /** Everything is restored, and the rollback process may exit. */
  undone(): void {
    if (this.isPending) this.#watch?.over();
  }

  #look(): void {
    const { clock, limit, report } = this.#parts;
    if (this.#deadline === undefined || since(this.#deadline, clock.sinceBoot()) < 0) return;
    this.end();
    report({ kind: 'undoing', seconds: limit / 1000 });
    this.#unconfirmed.resolve();
  }

  #stopWaiting(): void {
    clearInterval(this.#timer);
    this.#key?.close();
  }
}

const LOST =
  'the rollback process has ended: until the trial is confirmed, only this process can open the ports again';

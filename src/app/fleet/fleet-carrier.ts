import { dirname } from 'node:path';
import { type FleetBegin, REPLACED } from '../../core/control/fleet-link.ts';
import { engineKeys } from '../../core/fleet/engine-keys.ts';
import { EngineError } from '../../host/engine/engine-error.ts';
import { type DaemonSelector, findSocket } from '../ask/ask-daemon.ts';
import { fleetSocketIn } from '../state/open-state.ts';
import { CarrierSession, isOther } from './carrier-session.ts';
import { FollowedDaemon, LinkError, RequestLine } from './daemon-link.ts';
import { EngineSession } from './engine-session.ts';
import { type Reached, reachEngine, waitAfter } from './reach-engine.ts';
import { wait } from './wait.ts';

/** Short, so that a restarted daemon is found soon. */
const DAEMON_WAIT_MS = 500;
/** A connection that lasted longer counts as a success. */
const USEFUL_MS = 10_000;
/** BOUNDED: different lines that are not said again. */
const MAX_SAID = 32;

export type CarrierOptions = {
  readonly choice: DaemonSelector;
  /** The directory with the files for the engine. */
  readonly files: string;
  /** Writes a line to the log; never the same line twice in a row. */
  readonly say: (line: string) => void;
};

/**
 * The process between a daemon and the engine of its fleet. It holds no key of the fleet, and cannot give the daemon
 * orders.
 */
export class FleetCarrier {
  readonly #options: CarrierOptions;
  readonly #signal: AbortSignal;
  /** Since it was connected last. BOUNDED: by `MAX_SAID`. */
  readonly #said = new Set<string>();
  /** How many connections in a row were lost early, and why the last one was. */
  #losses = 0;
  #loss: EngineError | undefined;

  constructor(options: CarrierOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Carries until `signal` is aborted, whatever is lost meanwhile. False: another process carries for this daemon now. */
  async run(): Promise<boolean> {
    while (!this.#signal.aborted) {
      try {
        await this.#round();
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        if (error.message === REPLACED) {
          this.#say(`${REPLACED}: this one ends`);
          return false;
        }
        this.#say(`the daemon cannot be asked: ${error.message}`);
        await wait(DAEMON_WAIT_MS, this.#signal);
      }
    }
    return true;
  }

  /** Runs from a found daemon until daemon or engine is lost. Throws a `LinkError`. */
  async #round(): Promise<void> {
    const path = await this.#findDaemon();
    // One delivery may open thousands of doors.
    const [deliveries, orders] = [new RequestLine(path, 'long'), new RequestLine(path)];
    const stop = new AbortController();
    const end = (): void => stop.abort();
    this.#signal.addEventListener('abort', end, { once: true });
    try {
      const waiting = await WaitingDaemon.open(path, orders, end);
      const reached = await this.#reach(waiting, orders, stop.signal);
      waiting.close();
      if (reached === undefined) {
        if (!this.#signal.aborted) throw new LinkError(waiting.trouble);
        return;
      }
      await this.#carry(path, waiting.begin, reached, { deliveries, orders });
    } finally {
      this.#signal.removeEventListener('abort', end);
      deliveries.close();
      orders.close();
    }
  }

  async #findDaemon(): Promise<string> {
    const found = await findSocket(this.#options.choice);
    if (typeof found !== 'string') throw new LinkError(found.message);
    return fleetSocketIn(dirname(found));
  }

  #reach(waiting: WaitingDaemon, orders: RequestLine, signal: AbortSignal): Promise<Reached | undefined> {
    const told = new Set<string>();
    const onTrouble = (why: string): void => {
      this.#say(`the engine cannot be reached: ${why}`);
      if (told.has(why) || told.size >= MAX_SAID) return;
      told.add(why);
      orders.ask({ verb: 'fleet-state', connected: false, why }).catch(() => undefined);
    };
    const first = this.#loss === undefined ? 0 : waitAfter(this.#loss, this.#losses);
    this.#loss = undefined;
    return reachEngine(
      { begin: () => waiting.begin, directory: this.#options.files, onTrouble, first },
      signal,
    );
  }

  async #carry(
    path: string,
    known: FleetBegin,
    { clients, wide }: Reached,
    lines: { readonly deliveries: RequestLine; readonly orders: RequestLine },
  ): Promise<void> {
    const session = new EngineSession(clients, engineKeys(known.fleet));
    const began = performance.now();
    const stop = (): void => session.end();
    this.#signal.addEventListener('abort', stop, { once: true });
    if (this.#signal.aborted) stop();
    try {
      using daemon = await FollowedDaemon.open(path);
      if (isOther(daemon.begin, known)) return;
      this.#said.clear();
      this.#say(`connected to ${session.where}, as ${known.member} of ${known.fleet}`);
      for (const right of wide) this.#say(`the engine allows this member too much: ${right}`);
      await new CarrierSession({ ...lines, daemon, session, wide }).run();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (this.#signal.aborted) return;
      this.#noteLoss(error, performance.now() - began);
      this.#say(`the engine is lost: ${error.message}`);
      await lines.orders.ask({ verb: 'fleet-state', connected: false, why: error.message });
    } finally {
      this.#signal.removeEventListener('abort', stop);
      session.end();
    }
  }

  /**
   * Waits longer for an engine that accepts the connection and refuses what follows, for example because its disk is
   * full.
   */
  #noteLoss(error: EngineError, lastedMs: number): void {
    const isUseful = lastedMs > USEFUL_MS;
    this.#losses = isUseful ? 0 : this.#losses + 1;
    this.#loss = isUseful ? undefined : error;
  }

  /** Reasons may come in turns, each again and again. */
  #say(line: string): void {
    if (this.#said.has(line)) return;
    if (this.#said.size >= MAX_SAID) this.#said.clear();
    this.#said.add(line);
    this.#options.say(line);
  }
}

/**
 * Follows the daemon while there is no engine: tells it at once that no claim can be made, and drops its records, which
 * the daemon sends again to the next carrier.
 */
class WaitingDaemon {
  begin: FleetBegin;
  trouble = 'it has hung up';
  readonly #daemon: FollowedDaemon;

  private constructor(daemon: FollowedDaemon) {
    this.#daemon = daemon;
    this.begin = daemon.begin;
  }

  /** `onEnd`: the daemon has closed the connection. Throws a `LinkError`. */
  static async open(path: string, orders: RequestLine, onEnd: () => void): Promise<WaitingDaemon> {
    const waiting = new WaitingDaemon(await FollowedDaemon.open(path));
    void waiting.#read(orders).then(onEnd);
    return waiting;
  }

  close(): void {
    this.#daemon[Symbol.dispose]();
  }

  async #read(orders: RequestLine): Promise<void> {
    try {
      for (;;) {
        const part = await this.#daemon.next();
        if (part.kind === 'begin') this.begin = part;
        if (part.kind === 'claim')
          await orders.ask({ verb: 'fleet-claimed', id: part.id, outcome: 'unreachable' });
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.trouble = error.message;
    }
  }
}

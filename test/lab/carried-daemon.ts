import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stateName } from '../../src/app/state/open-state.ts';
import type { Requests } from '../../src/core/control/contract.ts';
import type {
  CarrierState,
  FleetBegin,
  FleetDelivery,
  FleetPart,
} from '../../src/core/control/fleet-link.ts';
import { renderAnswer, renderStreamed } from '../../src/core/control/parse-answer.ts';
import { parseRequest, requestVerb } from '../../src/core/control/parse-request.ts';
import { PATIENCE_MS } from './program.ts';
import { TempDirectory } from './temp-directory.ts';

/** The daemon's end of the link, for tests of the carrier: it sends what it is told to, and keeps what it is asked. */
export class CarriedDaemon implements AsyncDisposable {
  readonly configFile: string;
  readonly stateDirectory: string;
  begin: FleetBegin;
  readonly delivered: FleetDelivery[] = [];
  readonly published: Requests['fleet-published'][] = [];
  readonly claimed: Requests['fleet-claimed'][] = [];
  readonly asked: Requests['fleet-asked'][] = [];
  readonly answered: Requests['fleet-answered'][] = [];
  readonly states: CarrierState[] = [];
  upTo: string | undefined;
  /** How often it was followed. */
  follows = 0;
  readonly #directory = new TempDirectory();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #follower: Socket | undefined;
  #watchers: (() => void)[] = [];

  private constructor(begin: FleetBegin) {
    this.begin = begin;
    this.configFile = this.#directory.file('knockd.conf', '');
    this.stateDirectory = this.#directory.path;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(begin: FleetBegin): Promise<CarriedDaemon> {
    const daemon = new CarriedDaemon(begin);
    const at = join(daemon.stateDirectory, stateName(daemon.configFile, undefined));
    mkdirSync(at);
    await new Promise<void>((resolve) => daemon.#server.listen(join(at, 'fleet'), resolve));
    return daemon;
  }

  send(part: FleetPart): void {
    this.#follower?.write(`${JSON.stringify(renderStreamed('fleet-follow', part))}\n`);
  }

  /** Waits until what it has is as it should be. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > deadline)
        throw new Error(`not so: ${what}; states ${JSON.stringify(this.states)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async connected(nth = 1): Promise<void> {
    await this.until(
      () => this.states.filter(({ connected }) => connected).length >= nth,
      `connected ${nth} times`,
    );
  }

  /** As it looks to the carrier when the daemon ends. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    this.#server.close();
    this.#directory[Symbol.dispose]();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
    // It repeats the socket's.
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const reply = this.#answer(JSON.parse(line), socket);
      if (reply !== undefined) socket.write(`${JSON.stringify(reply)}\n`);
      const watchers = this.#watchers;
      this.#watchers = [];
      for (const wake of watchers) wake();
    });
  }

  #answer(request: unknown, socket: Socket): object | undefined {
    const verb = requestVerb(request);
    switch (verb) {
      case 'fleet-follow':
        this.follows += 1;
        this.#follower = socket;
        this.send(this.begin);
        return undefined;
      case 'fleet-deliver': {
        const { records, upTo } = parseRequest(verb, request);
        this.delivered.push(...records);
        if (upTo !== undefined) this.upTo = upTo;
        return renderAnswer(verb, { applied: records.length, refused: 0 });
      }
      case 'fleet-state':
        this.states.push(parseRequest(verb, request));
        return renderAnswer(verb, {});
      case 'fleet-published':
        this.published.push(parseRequest(verb, request));
        return renderAnswer(verb, {});
      case 'fleet-claimed':
        this.claimed.push(parseRequest(verb, request));
        return renderAnswer(verb, {});
      case 'fleet-asked':
        this.asked.push(parseRequest(verb, request));
        return renderAnswer(verb, {});
      case 'fleet-answered':
        this.answered.push(parseRequest(verb, request));
        return renderAnswer(verb, {});
      default:
        throw new Error(`the carrier has asked for ${verb}`);
    }
  }
}

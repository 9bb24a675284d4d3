import assert from 'node:assert/strict';
import type { Namespace } from './namespace.ts';
import { NetService } from './net-service.ts';

/** So many ticks of 50 ms must pass without a word until two are taken to be cut off from each other. */
const SILENCE_TICKS = 16;

/** `tcp/22`, `udp/53`: services that talk without being asked. */
export async function startTalker(namespace: Namespace, ...ports: readonly string[]): Promise<NetService> {
  const service = NetService.start(namespace.name, 'pushService', ...ports);
  await service.saw(/^serving$/m);
  return service;
}

/** Once it has begun, the talk is to be disposed of. */
export type PreparedTalk = AsyncDisposable & { begin(): Promise<Talk> };

/** Both sides talk all the time, TCP over one connection. */
export class Talk implements AsyncDisposable {
  readonly #client: NetService;
  readonly #service: NetService;
  readonly #port: string;

  private constructor(client: NetService, service: NetService, port: string) {
    this.#client = client;
    this.#service = service;
    this.#port = port;
  }

  /** Resolves when each has heard the other several times. */
  static async begin(
    client: Namespace,
    service: NetService,
    protocol: 'tcp' | 'udp',
    way: readonly [from: string, to: string, port: number],
  ): Promise<Talk> {
    await using ready = await Talk.prepare(client, service, protocol, way);
    return await ready.begin();
  }

  /** A client that has started, and talks at once when it is told to: for a door that is open for a short time. */
  static async prepare(
    client: Namespace,
    service: NetService,
    protocol: 'tcp' | 'udp',
    [from, to, port]: readonly [from: string, to: string, port: number],
  ): Promise<PreparedTalk> {
    const talker = NetService.start(client.name, 'pushClient', protocol, from, to, `${port}`);
    await talker.saw(/^ready$/m);
    let isBegun = false;
    const begin = async (): Promise<Talk> => {
      talker.write('go');
      const [, own = ''] = await talker.saw(/^from (\d+)$/m);
      const talk = new Talk(talker, service, own);
      await talk.goesOn();
      isBegun = true;
      return talk;
    };
    return {
      begin,
      [Symbol.asyncDispose]: async () => {
        if (!isBegun) await talker[Symbol.asyncDispose]();
      },
    };
  }

  /** Each hears the other a few times more. */
  async goesOn(times = 3): Promise<void> {
    const [got, heard] = this.#counts();
    await this.#client.saw(/^got$/gm, got + times);
    await this.#service.saw(this.#heard(), heard + times);
  }

  /** The client knows that its connection is over. */
  async clientKnows(): Promise<void> {
    await this.#client.saw(/^end$/m);
  }

  async serviceKnows(): Promise<void> {
    await this.#service.saw(new RegExp(`^lost ${this.#port}$`, 'm'));
  }

  /** Neither hears the other any more, for as long as `clock`, another talk, goes on a good while. */
  async assertSilent(clock: Talk): Promise<void> {
    // What was on its way has arrived.
    await clock.goesOn();
    const before = this.#counts();
    await clock.goesOn(SILENCE_TICKS);
    assert.deepEqual(this.#counts(), before, 'what the client and the service have heard of each other');
  }

  #counts(): [got: number, heard: number] {
    return [this.#client.count(/^got$/gm), this.#service.count(this.#heard())];
  }

  #heard(): RegExp {
    return new RegExp(`^heard ${this.#port}$`, 'gm');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

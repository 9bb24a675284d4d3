// An engine that lies to the carrier: it survives, believes nothing, and goes on as soon as the engine is honest.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FleetCarrier } from '../../src/app/fleet/fleet-carrier.ts';
import type { EnginePlace } from '../../src/core/fleet/engine-address.ts';
import { seconds } from '../../src/core/net/time.ts';
import { findPrimary } from '../../src/host/engine/find-primary.ts';
import { CarriedDaemon } from '../lab/carried-daemon.ts';
import { array, bulk, entriesAnswer, type Lie, LyingEngine } from '../lab/lying-engine.ts';

const MAX = '18446744073709551615';

/** Each lie to one command. */
const LIES: Readonly<Record<string, Lie>> = {};
const to = (name: string, lied: string, answer: (words: readonly string[]) => string): void => {
  (LIES as Record<string, Lie>)[name] = (command, words) => (command === lied ? answer(words) : undefined);
};

to('ids that are no ids', 'XREAD', () => entriesAnswer([{ id: 'x-y', record: 'lie' }]));
to('ids with more than 64 bits', 'XREAD', () =>
  entriesAnswer([{ id: '99999999999999999999-0', record: 'lie' }]),
);
to('ids that go backwards', 'XREAD', () => entriesAnswer([{ id: '5-0', record: 'lie' }]));
to('an entry instead of the list of entries', 'XREAD', () => array([bulk('stream'), bulk('lie')]));
to('a number instead of the stream', 'XREAD', () => ':7\r\n');
to('fields in another form', 'XREAD', (words) =>
  array([
    array([bulk('s'), array([array([bulk(`${Number(words.at(-1)?.split('-')[0]) + 1}-1`), ':3\r\n'])])]),
  ]),
);
to('an error within an answer', 'XREAD', () => array([array([bulk('s'), '-ERR \u001b[2Jlie\r\n'])]));
to('an error with a long text', 'XREAD', () => `-ERR ${'lie '.repeat(10_000)}\r\n`);
to('no protocol', 'XREAD', () => 'HTTP/1.1 400 Bad Request\r\n\r\n');
to('answers within answers without end', 'XREAD', () => '*1\r\n'.repeat(50_000));
to('more elements than there can be', 'XREAD', () => '*4294967296\r\n');
to('no time', 'TIME', () => array([bulk('yesterday'), bulk('')]));
to('a time far away', 'TIME', () => array([bulk('999999999999999'), bulk('0')]));
to('no role', 'ROLE', () => ':1\r\n');
to('a stream that nobody can write to', 'XINFO', () =>
  array([bulk('length'), ':-5\r\n', bulk('last-generated-id'), bulk(`${MAX}-${MAX}`)]),
);
to('facts in another form', 'XINFO', () => array([array([]), ':1\r\n', '*-1\r\n']));
to('a scan that never ends', 'HSCAN', () => array([bulk('7'), array([bulk('a'), bulk('')])]));
to('an id of a record that is none', 'XADD', () => ':1\r\n');

/** The carrier of a daemon that asks this engine. */
class Host implements AsyncDisposable {
  readonly daemon: CarriedDaemon;
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;

  constructor(daemon: CarriedDaemon) {
    this.daemon = daemon;
    const { configFile, stateDirectory } = daemon;
    const options = { choice: { configFile, stateDirectory }, files: '/nonexistent', say: () => undefined };
    this.#ended = new FleetCarrier(options, this.#stop.signal).run();
  }

  static async start({ url }: LyingEngine): Promise<Host> {
    const begin = { kind: 'begin', fleet: 'edge', member: 'gw1', engine: url, window: seconds(600) } as const;
    return new Host(await CarriedDaemon.open(begin));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await this.daemon[Symbol.asyncDispose]();
  }
}

const textsOf = ({ delivered }: CarriedDaemon): readonly string[] =>
  delivered.map(({ bytes }) => Buffer.from(bytes).toString());

// Each waits, most of the time, for the carrier to try again.
suite('an engine that lies', { concurrency: 8 }, () => {
  for (const [name, lie] of Object.entries(LIES)) {
    test(name, async () => {
      await using engine = await LyingEngine.start();
      await using host = await Host.start(engine);
      const { daemon } = host;
      await daemon.connected();
      engine.lie = lie;
      engine.hangUp();
      const mine = setInterval(
        () => daemon.send({ kind: 'record', seq: 1, bytes: Buffer.from('mine') }),
        100,
      );
      await engine.hasLied();
      clearInterval(mine);
      engine.lie = () => undefined;
      engine.add('honest');
      await daemon.until(() => textsOf(daemon).includes('honest'), 'goes on');
      await daemon.until(() => daemon.upTo === engine.newest, 'knows where it is');
      assert.ok(!textsOf(daemon).includes('lie'));
    });
  }

  test('an engine that refuses every change is reported, and asked at growing intervals', async () => {
    await using engine = await LyingEngine.start();
    engine.lie = (command) => (command === 'HSET' ? '-NOREPLICAS Not enough good replicas\r\n' : undefined);
    await using host = await Host.start(engine);
    await host.daemon.until(() => host.daemon.states.length > 0, 'told');
    assert.match(host.daemon.states[0]?.why ?? '', /NOREPLICAS.*bring one back/);
    await delay(2000);
    assert.ok(engine.connections < 3 * 8, `${engine.connections} connections`);
    assert.ok(!host.daemon.states.some(({ connected }) => connected));
  });

  test('malformed messages', async () => {
    await using engine = await LyingEngine.start();
    await using host = await Host.start(engine);
    const { daemon } = host;
    const asked = (): number => daemon.asked.length;
    for (const [nth, message] of MESSAGES.entries()) {
      await daemon.connected(nth + 1);
      engine.say(message);
      // Lost, or read over: either way it hears the next question.
      await daemon.until(() => {
        engine.publish('{bussa:edge}:ask', 'gw2 7\nquestion');
        return asked() > nth;
      }, `goes on after ${message}`);
      engine.hangUp();
    }
    assert.deepEqual(daemon.answered, []);
  });
});

suite('a sentinel that lies', () => {
  for (const [answer, why] of [
    [['192.0.2.1', '6379'], /192\.0\.2\.1 .* without TLS/],
    [['gw\u001b[2J', '6379'], /knows no primary/],
    [['127.0.0.1', '99999'], /knows no primary/],
    [[], /knows no primary/],
  ] as const) {
    test(`${JSON.stringify(answer)} as the primary`, async () => {
      await using sentinel = await LyingEngine.start();
      await using honest = await LyingEngine.start();
      sentinel.lie = (command) => (command === 'SENTINEL' ? array(answer.map(bulk)) : undefined);
      honest.lie = (command) =>
        command === 'SENTINEL' ? array([bulk('127.0.0.1'), bulk('6379')]) : undefined;
      const places = [sentinel, honest].map(({ port }) => ({ host: '127.0.0.1', port }) as EnginePlace);
      const ask = (some: readonly EnginePlace[]): Promise<EnginePlace> =>
        findPrimary({ tls: false, places: some, name: 'main' }, { sentinelPassword: 'secret' }, 0);
      await assert.rejects(ask(places.slice(0, 1)), why);
      assert.deepEqual(await ask(places), { host: '127.0.0.1', port: 6379 }, 'the next one is asked');
    });
  }
});

/** To who listens, instead of `message`, the channel and its text. */
const MESSAGES: readonly string[] = [
  '*1\r\n$-1\r\n',
  '*2\r\n$7\r\nmessage\r\n$-1\r\n',
  array([bulk('message'), bulk('{bussa:edge}:to:gw1'), bulk('0\nanswer')]),
  array([bulk('message'), bulk('{bussa:edge}:ask'), bulk('gw2 0\nquestion')]),
  array([bulk('message'), bulk('{bussa:edge}:to:gw1'), bulk('x'.repeat(1 << 20))]),
  array([bulk('unsubscribe'), '*-1\r\n', ':0\r\n']),
  '+OK\r\n',
];

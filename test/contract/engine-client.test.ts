import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { Redis as IoRedis } from 'ioredis';
import { Redis as IoValkey } from 'iovalkey';
import type { EnginePlace } from '../../src/core/fleet/engine-address.ts';
import type { Port } from '../../src/core/net/port.ts';
import {
  type EngineClient,
  type EngineLibrary,
  type EngineReply,
  openEngineClient,
} from '../../src/host/engine/engine-client.ts';
import { EngineError } from '../../src/host/engine/engine-error.ts';
import { type EngineFiles, readEngineFiles } from '../../src/host/engine/engine-files.ts';
import { LabEngine, passwordOf } from '../lab/engine.ts';
import { PATIENCE_MS } from '../lab/program.ts';
import { TempDirectory } from '../lab/temp-directory.ts';

const LIBRARIES: readonly (readonly [string, EngineLibrary])[] = [
  ['iovalkey', IoValkey],
  ['ioredis', IoRedis as unknown as EngineLibrary],
];

const STREAM = '{bussa:edge}:stream';

let engine: LabEngine;
let files: EngineFiles;

before(async () => {
  engine = await LabEngine.start({ fleet: 'edge', members: ['gw1', 'gw2'] });
  files = readEngineFiles(engine.filesFor('gw1'));
});
after(() => engine[Symbol.asyncDispose]());

const placeOf = (port: number): EnginePlace => ({ host: '127.0.0.1', port: port as Port });
const login = { user: 'gw1', password: passwordOf('gw1') };

const text = (reply: EngineReply | undefined): string =>
  reply instanceof Uint8Array ? Buffer.from(reply).toString('latin1') : JSON.stringify(reply);

async function refusal(work: Promise<unknown>): Promise<EngineError> {
  const outcome = await work.then(
    (value) => value,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof EngineError, String(outcome));
  return outcome;
}

for (const [name, library] of LIBRARIES) {
  suite(`a client of the engine over ${name}`, () => {
    const open = (port = engine.port, with_ = files, as = login): Promise<EngineClient> =>
      openEngineClient({ kind: 'place', tls: true, place: placeOf(port) }, with_, as, library);

    test('bytes come back as they were, in the order of the commands', async () => {
      const client = await open();
      const bytes = Uint8Array.from({ length: 1024 }, (_, at) => at % 256);
      const ids = await Promise.all(
        [1, 2, 3].map((size) => client.call(['XADD', STREAM, '*', 'r', bytes.subarray(0, size * 300)])),
      );
      const [first] = ids;
      const read = await client.call(['XRANGE', STREAM, text(first), '+']);
      assert.ok(Array.isArray(read));
      assert.deepEqual(
        read.map((entry) => [
          text((entry as EngineReply[])[0]),
          Buffer.from((entry as Uint8Array[][])[1]?.[1] ?? []),
        ]),
        ids.map((id, at) => [text(id), Buffer.from(bytes.subarray(0, (at + 1) * 300))]),
      );
      assert.equal(
        await client.call(['SET', `{bussa:edge}:claim:${name}`, 'gw1', 'NX', 'PX', 60_000]).then(text),
        'OK',
      );
      assert.equal(await client.call(['SET', `{bussa:edge}:claim:${name}`, 'gw1', 'NX', 'PX', 60_000]), null);
      client.reset();
    });

    test("an engine's refusal is an answer, and the connection goes on", async () => {
      const client = await open();
      const { code, isAnswer, message } = await refusal(client.call(['GET', 'foreign']));
      assert.deepEqual([code, isAnswer], ['NOPERM', true], message);
      assert.equal(text(await client.call(['PING'])), 'PONG');
      client.reset();
    });

    test('channels are heard, and a subscriber still answers PING', async () => {
      const [hearer, speaker] = [await open(), await open()];
      const heard: string[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      await hearer.subscribe(['{bussa:edge}:ask', '{bussa:edge}:to:gw1'], (channel, bytes) => {
        heard.push(`${channel} ${Buffer.from(bytes).toString('hex')}`);
        if (heard.length === 2) resolve();
      });
      await speaker.call(['PUBLISH', '{bussa:edge}:ask', Uint8Array.of(0, 255, 10)]);
      await speaker.call(['PUBLISH', '{bussa:edge}:to:gw1', Uint8Array.of(128)]);
      await promise;
      assert.deepEqual(heard, ['{bussa:edge}:ask 00ff0a', '{bussa:edge}:to:gw1 80']);
      await hearer.call(['PING']);
      hearer.reset();
      speaker.reset();
    });

    test('a wait ends when its time is over; every other call waits no longer than its patience', async () => {
      const client = await open();
      assert.equal(await client.call(['XREAD', 'BLOCK', 50, 'STREAMS', STREAM, '$'], 10_000), null);
      const late = await refusal(client.call(['XREAD', 'BLOCK', 60_000, 'STREAMS', STREAM, '$'], 200));
      assert.equal(late.code, 'TIMEOUT');
      assert.equal(await client.ended, late, 'the connection is over');
      assert.equal(await refusal(client.call(['PING'])), late);
    });

    test('what waits in a dead socket never arrives', async () => {
      await using relay = await Relay.open(engine.port);
      const client = await open(relay.port);
      relay.holdsUp = true;
      const before_ = await engine.order('XLEN', STREAM);
      const late = await refusal(client.call(['XADD', STREAM, '*', 'r', 'late'], 200));
      assert.equal(late.code, 'TIMEOUT');
      assert.equal(await relay.howItEnded, 'ECONNRESET', 'a plain end would still send it');
      relay.letGo();
      assert.equal(await engine.order('XLEN', STREAM), before_);
    });

    test('an engine that dies ends every call that waits', async () => {
      await using relay = await Relay.open(engine.port);
      const client = await open(relay.port);
      const wait = refusal(client.call(['XREAD', 'BLOCK', 60_000, 'STREAMS', STREAM, '$'], 70_000));
      relay.cut();
      assert.equal((await wait).isAnswer, false);
      await client.ended;
    });

    test('connections that were reset, in whatever moment, leave no descriptor behind', async () => {
      const count = (): number => readdirSync('/proc/self/fd').length;
      const before_ = count();
      for (let at = 0; at < 20; at++) {
        const client = await open();
        const calls = [refusal(client.call(['XREAD', 'BLOCK', 0, 'STREAMS', STREAM, '$']))];
        for (let more = 0; more < at; more++)
          calls.push(refusal(client.call(['PUBLISH', 'foreign', 'x'.repeat(1000)])));
        if (at % 3 === 0) await client.call(['PING'], 50).catch(() => undefined);
        client.reset();
        await Promise.all([client.ended, ...calls]);
      }
      const deadline = performance.now() + PATIENCE_MS;
      while (count() > before_ && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(count(), before_);
    });

    test('a refused login gives the reason', async () => {
      const cases: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
        [
          () => open(engine.port, files, { user: 'gw1', password: 'wrong' }),
          /no user gw1 with this password/,
        ],
        [() => open(engine.port, files, { user: 'gw1' } as typeof login), /wants a password/],
        [() => open(engine.port, {}), /authority.*ca\.pem/],
        [() => open(engine.port, files.ca === undefined ? {} : { ca: files.ca }), /client certificate/],
        [() => open(1), /nothing listens there/],
      ];
      for (const [work, expected] of cases) assert.match((await refusal(work())).message, expected);
    });
  });
}

suite('the files of the engine', () => {
  test('lie under their own names, or under those that systemd gives them', () => {
    using plain = new TempDirectory();
    plain.file('ca.pem', 'A');
    plain.file('password', 'secret\n');
    assert.deepEqual(readEngineFiles(plain.path), { ca: Buffer.from('A'), password: 'secret' });
    using credentials = new TempDirectory();
    for (const [name, bytes] of [
      ['client.pem', 'C'],
      ['client.key', 'K'],
    ])
      credentials.file(`engine_${name}`, bytes);
    assert.deepEqual(readEngineFiles(credentials.path), {
      certificate: Buffer.from('C'),
      key: Buffer.from('K'),
    });
    assert.deepEqual(readEngineFiles('/nonexistent'), {});
  });
  test('half a certificate, or one that cannot be read, is a mistake', () => {
    using directory = new TempDirectory();
    directory.file('client.pem', 'C');
    assert.throws(() => readEngineFiles(directory.path), /client\.pem, but not client\.key/);
    directory.file('client.key', 'K');
    mkdirSync(directory.file('ca.pem'));
    assert.throws(() => readEngineFiles(directory.path), /ca\.pem cannot be read/);
  });
});

/** Stands between client and engine, as a network does: it can fall silent, and be cut. */
class Relay implements AsyncDisposable {
  readonly port: number;
  /** Of the client's side: `closed`, or the errno's name. */
  readonly howItEnded: Promise<string>;
  holdsUp = false;
  readonly #sockets: Socket[] = [];
  readonly #held: (() => void)[] = [];
  readonly #close: () => void;

  private constructor(port: number, howItEnded: Promise<string>, close: () => void) {
    this.port = port;
    this.howItEnded = howItEnded;
    this.#close = close;
  }

  static async open(to: number): Promise<Relay> {
    const gone = Promise.withResolvers<string>();
    let relay: Relay | undefined;
    const server = createServer((near) => relay?.join(near, connect(to, '127.0.0.1'), gone.resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    relay = new Relay(port, gone.promise, () => server.close());
    return relay;
  }

  join(near: Socket, far: Socket, gone: (how: string) => void): void {
    this.#sockets.push(near, far);
    near.on('data', (bytes) => {
      if (this.holdsUp) this.#held.push(() => far.write(bytes));
      else far.write(bytes);
    });
    far.on('data', (bytes) => near.write(bytes));
    near.on('error', (error: NodeJS.ErrnoException) => gone(error.code ?? ''));
    far.on('error', () => undefined);
    near.on('close', () => gone('closed'));
    far.on('close', () => near.destroy());
  }

  /** What was held up goes on, as far as it is still wanted: a client's reset takes back what it has sent. */
  letGo(): void {
    if (!this.#sockets[0]?.destroyed) for (const send of this.#held) send();
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#close();
  }
}

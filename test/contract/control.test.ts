import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { askControl } from '../../src/host/control/control-client.ts';
import { type AnswerControl, ControlServer } from '../../src/host/control/control-server.ts';
import { Scratch } from '../lab/child-module.ts';

const echo: AnswerControl = (request) => ({ ok: true, request });

/** A server in a directory of its own, and what a client writes byte by byte. */
class Fixture implements Disposable {
  readonly path: string;
  readonly #scratch: Scratch;
  readonly #server: ControlServer;

  private constructor(scratch: Scratch, path: string, server: ControlServer) {
    this.#scratch = scratch;
    this.path = path;
    this.#server = server;
  }

  static async open(answer: AnswerControl = echo, below = ''): Promise<Fixture> {
    const scratch = new Scratch();
    const directory = join(scratch.path, below);
    mkdirSync(directory, { recursive: true });
    const path = join(directory, 'control');
    writeFileSync(path, 'left by a dead daemon');
    return new Fixture(scratch, path, await ControlServer.open(path, answer));
  }

  async client(): Promise<Socket> {
    const socket = connect(this.path);
    socket.setEncoding('utf8').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#scratch[Symbol.dispose]();
  }
}

async function everything(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('control socket', () => {
  test('answers a line with a line, in order, however they are cut; only its user reaches it', async () => {
    using bench = await Fixture.open();
    assert.equal(statSync(bench.path).mode & 0o777, 0o600);
    assert.deepEqual(await askControl(bench.path, { verb: 'x' }), { ok: true, request: { verb: 'x' } });
    const socket = await bench.client();
    socket.write('{"a":1}\n{"b"');
    socket.end(':2}\n');
    assert.equal(await everything(socket), '{"ok":true,"request":{"a":1}}\n{"ok":true,"request":{"b":2}}\n');
  });

  test('a line that is not JSON gets an error, and the next line is read', async () => {
    using bench = await Fixture.open();
    const socket = await bench.client();
    socket.end('{"a":\n\xff\x00\n7\n');
    const lines = (await everything(socket)).trim().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines.slice(0, 2)) assert.match(line, /^\{"ok":false,"error":"a request is one JSON/);
    assert.equal(lines[2], '{"ok":true,"request":7}');
  });

  test('a line without an end is refused at 4096 bytes', async () => {
    using bench = await Fixture.open();
    const socket = await bench.client();
    socket.write('x'.repeat(4097));
    assert.match(await everything(socket), /at most 4096 bytes/);
  });

  test('a client that asks and does not read has one pending request, and delays no other', async () => {
    let answered = 0;
    const bulk = 'y'.repeat(100_000);
    using bench = await Fixture.open(() => {
      answered += 1;
      return { ok: true, bulk };
    });
    const mute = await bench.client();
    mute.pause();
    mute.write('1\n'.repeat(1000));
    for (let i = 0; i < 20; i++) await askControl(bench.path, {});
    assert.ok(answered < 40, `${answered} answers`);
    mute.destroy();
  });

  test('a thousand requests at once leave others a turn after each', async () => {
    let inOneTurn = 0;
    let most = 0;
    using bench = await Fixture.open(() => {
      inOneTurn += 1;
      most = Math.max(most, inOneTurn);
      return { ok: true };
    });
    let isOver = false;
    const turn = (): void => {
      inOneTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    turn();
    const client = await bench.client();
    client.end('1\n'.repeat(1000));
    assert.equal((await everything(client)).length, 1000 * '{"ok":true}\n'.length);
    isOver = true;
    assert.ok(most <= 2, `${most} answers in one turn`);
  });

  test('the seventeenth client at one time has the place of the first that asks nothing', async () => {
    const unanswered = Promise.withResolvers<{ readonly ok: true }>();
    const allWait = Promise.withResolvers<void>();
    let waiting = 0;
    using bench = await Fixture.open((request) => {
      if (request !== 'wait') return { ok: true, request };
      waiting += 1;
      if (waiting === 16) allWait.resolve();
      return unanswered.promise;
    });
    const clients = await Promise.all(Array.from({ length: 16 }, () => bench.client()));
    // All have been taken when they are answered.
    for (const client of clients) {
      client.write('1\n');
      await once(client, 'data');
    }
    const [first, second] = clients as [Socket, Socket];
    const gone = Promise.race([first, second].map((one) => once(one, 'close').then(() => one)));
    const late = await bench.client();
    late.write('1\n');
    await once(late, 'data');
    assert.ok((await gone) === first);

    clients[0] = late;
    for (const client of clients) client.write('"wait"\n');
    await allWait.promise;
    assert.match(JSON.stringify(await askControl(bench.path, {})), /"ok":false.*too many clients \(16\)/);
    const answered = once(second, 'data');
    unanswered.resolve({ ok: true });
    await answered;
    assert.deepEqual(await askControl(bench.path, {}), { ok: true, request: {} });
    for (const client of clients) client.destroy();
  });

  test('a path that is longer than an address of a socket', async () => {
    using bench = await Fixture.open(echo, join('d'.repeat(90), 'e'.repeat(90)));
    assert.equal(statSync(bench.path).mode & 0o777, 0o600);
    assert.deepEqual(await askControl(bench.path, { a: 1 }), { ok: true, request: { a: 1 } });
  });

  test('nobody there', async () => {
    using scratch = new Scratch();
    await assert.rejects(askControl(scratch.file('control'), {}), { name: 'ControlError', code: 'ENOENT' });
  });
});

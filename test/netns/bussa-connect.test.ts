/** `bussa connect` as a pipe: the program itself, and the other end of its connection in this process, on loopback. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUSSA as COMMAND } from '../lab/knockd.ts';

const BUSSA = COMMAND[0] as string;
const MEGABYTE = 1 << 20;
const BLOB = randomBytes(24 * MEGABYTE);

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A program connected to a server of the test's, which is at `far`. */
class Pipe implements AsyncDisposable {
  readonly #server: Server;
  readonly program: ChildProcessWithoutNullStreams;
  readonly far: Socket;
  complaints = '';

  private constructor(server: Server, program: ChildProcessWithoutNullStreams, far: Socket) {
    this.#server = server;
    this.program = program;
    this.far = far;
    program.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
    program.stdin.on('error', () => undefined);
    far.on('error', () => undefined);
  }

  static async open(): Promise<Pipe> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const program = spawn(BUSSA, ['connect', '-v', '-F', '/nonexistent/hosts.conf', '127.0.0.1', `${port}`]);
    const [far] = (await once(server, 'connection')) as [Socket];
    return new Pipe(server, program, far);
  }

  async status(): Promise<number | null> {
    const { program } = this;
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
    return program.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.far.destroy();
    this.program.kill('SIGKILL');
    this.#server.close();
    await this.status();
  }
}

/** A socket can still be written to behind its end. */
async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream.iterator({ destroyOnReturn: false })) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

describe('bussa connect', () => {
  test('the end of the input ends that direction alone: the answer comes after it, whole', async () => {
    await using pipe = await Pipe.open();
    pipe.program.stdin.end(BLOB);
    assert.equal(digest(await readAll(pipe.far)), digest(BLOB));
    const answer = randomBytes(3 * MEGABYTE);
    pipe.far.end(answer);
    assert.equal(digest(await readAll(pipe.program.stdout)), digest(answer));
    assert.equal(await pipe.status(), 0, pipe.complaints);
  });

  test('the far end ends first: all of it comes out, and the input goes on', async () => {
    await using pipe = await Pipe.open();
    const received = readAll(pipe.far);
    pipe.far.end(BLOB);
    const seen = new Promise<string>((resolve) => {
      const hash = createHash('sha256');
      let length = 0;
      pipe.program.stdout.on('data', (piece: Buffer) => {
        hash.update(piece);
        length += piece.length;
        if (length === BLOB.length) resolve(hash.digest('hex'));
      });
    });
    assert.equal(await seen, digest(BLOB));
    pipe.program.stdin.end('last words\0\xff', 'latin1');
    assert.equal((await received).toString('latin1'), 'last words\0\xff');
    assert.equal(await pipe.status(), 0, pipe.complaints);
  });

  test('both ways at once', async () => {
    await using pipe = await Pipe.open();
    pipe.far.pipe(pipe.far);
    pipe.program.stdin.end(BLOB);
    assert.equal(digest(await readAll(pipe.program.stdout)), digest(BLOB));
    assert.equal(await pipe.status(), 0, pipe.complaints);
  });

  test('who does not read holds the sender up, not in memory', async () => {
    await using pipe = await Pipe.open();
    const total = 400;
    let sent = 0;
    const sending = (async () => {
      const piece = Buffer.alloc(MEGABYTE, 'x');
      for (; sent < total; sent++) if (!pipe.far.write(piece)) await once(pipe.far, 'drain');
      pipe.far.end();
    })();
    // Until nothing more is taken for a while.
    for (let before = -1; before !== sent; await sleep(300)) before = sent;
    assert.ok(sent < 64, `${sent} MB were taken from the sender`);
    pipe.program.stdin.end();
    let length = 0;
    for await (const piece of pipe.program.stdout) {
      length += (piece as Buffer).length;
      if (length === total * MEGABYTE) break;
    }
    await sending;
    assert.equal(length, total * MEGABYTE);
  });

  test('memory while much passes stays below 200 MB', async () => {
    await using pipe = await Pipe.open();
    pipe.far.pipe(pipe.far);
    const echoed = (async () => {
      let length = 0;
      for await (const piece of pipe.program.stdout) {
        length += (piece as Buffer).length;
        if (length === BLOB.length * 8) return;
      }
    })();
    for (let i = 0; i < 8; i++) if (!pipe.program.stdin.write(BLOB)) await once(pipe.program.stdin, 'drain');
    await echoed;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pipe.program.pid}/status`, 'utf8'));
    assert.ok(Number(peak?.[1]) < 200 * 1024, `${peak?.[1]} kB`);
  });

  test('a reset is reported', async () => {
    await using pipe = await Pipe.open();
    while (!pipe.complaints.includes('connected')) await once(pipe.program.stderr, 'data');
    pipe.far.resetAndDestroy();
    assert.equal(await pipe.status(), 1);
    assert.match(pipe.complaints, /^bussa: the connection broke off: ECONNRESET$/m);
  });

  test('a reader that has left ends it', async () => {
    await using pipe = await Pipe.open();
    pipe.program.stdout.destroy();
    pipe.far.write('nobody reads this');
    assert.equal(await pipe.status(), 1);
    assert.match(pipe.complaints, /^bussa: the output broke off: EPIPE$/m);
  });

  test('a port that refuses, and a name that nobody knows', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const run = async (...args: readonly string[]): Promise<string> => {
      const program = spawn(BUSSA, ['connect', '-F', '/nonexistent/hosts.conf', ...args]);
      program.stdin.end();
      const words = (await readAll(program.stderr)).toString();
      assert.equal(program.exitCode ?? ((await once(program, 'exit')) as [number])[0], 1);
      return words;
    };
    assert.match(
      await run('127.0.0.1', `${port}`),
      /^bussa: port \d+ of 127\.0\.0\.1 refuses \(a TCP reset came back\), and no profile of this host has a Knock, a Card, CodePorts or a Spa: .*Knock .*bussa host add 127\.0\.0\.1 CARD$/m,
    );
    assert.match(await run('a..b', '22'), /^bussa: cannot resolve host 'a\.\.b': /m);
  });
});

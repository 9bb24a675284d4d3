// Clients that take a place and want nothing: they must not keep out whoever asks, at any socket that serves others.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { askControl } from '../../src/host/control/control-client.ts';
import { ControlServer } from '../../src/host/control/control-server.ts';
import { type ListenPlace, TextServer } from '../../src/host/network/text-server.ts';
import { Scratch } from '../lab/child-module.ts';
import { PATIENCE_MS } from '../lab/program.ts';

/** More than any socket's buffers take. */
const LONG = 'x'.repeat(1 << 23);
const TURN_MS = 5;

/** What a client may do instead of asking and reading. */
const MANNERS = ['idle', 'dripping', 'not reading'] as const;
type Manner = (typeof MANNERS)[number];

class Crowd implements Disposable {
  readonly sockets: Socket[] = [];
  readonly #timers: NodeJS.Timeout[] = [];

  /** Clients of one manner; `ask` is what makes the server answer. */
  async join(place: ListenPlace, count: number, manner: Manner, ask: string): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#add(place, manner, ask)));
  }

  async #add(place: ListenPlace, manner: Manner, ask: string): Promise<void> {
    const socket = connect(place as { path: string });
    this.sockets.push(socket);
    socket.on('error', () => undefined).pause();
    await once(socket, 'connect');
    if (manner === 'not reading') socket.write(ask);
    if (manner !== 'dripping') return;
    let sent = 0;
    const line = 'GET /metrics HTTP/1.1\r\nX-Drip: '.padEnd(4000, 'a');
    const drip = (): void => void socket.write(line.charAt(sent++ % line.length));
    this.#timers.push(setInterval(drip, TURN_MS));
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.sockets) socket.destroy();
  }
}

/** The length of the text, as Prometheus would read it. */
async function scrape(place: ListenPlace): Promise<number> {
  const where = 'path' in place ? { socketPath: place.path } : place;
  const asked = request({ ...where, path: '/metrics', agent: false });
  asked.end();
  const [response] = await once(asked, 'response');
  let length = 0;
  for await (const chunk of response) length += chunk.length;
  return length;
}

const openText = (place: ListenPlace, text: string): Promise<TextServer> =>
  TextServer.open(place, '/metrics', 'text/plain', () => [text]);

/** A port of the loopback interface that nobody has now. */
async function freePlace(): Promise<ListenPlace> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  assert.ok(address !== null && typeof address === 'object');
  return { host: '127.0.0.1', port: address.port };
}

describe('clients that want nothing', () => {
  for (const kind of ['TCP', 'Unix'] as const) {
    for (const count of [16, 100]) {
      for (const manner of MANNERS) {
        test(`metrics over ${kind}: ${count} that are ${manner} keep nobody out`, async () => {
          using scratch = new Scratch();
          const place = kind === 'Unix' ? { path: scratch.file('metrics') } : await freePlace();
          const server = await openText(place, LONG);
          try {
            using crowd = new Crowd();
            await crowd.join(place, count, manner, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
            for (let times = 0; times < 3; times++) assert.equal(await scrape(place), LONG.length);
            // In the middle of more of them, too.
            const [length] = await Promise.all([scrape(place), crowd.join(place, 20, manner, 'G')]);
            assert.equal(length, LONG.length);
          } finally {
            server.close();
          }
        });
      }
    }
  }

  test('metrics: a client that does not finish its request in time is disconnected, even if it sends single bytes', async () => {
    using scratch = new Scratch();
    const place = { path: scratch.file('metrics') };
    const server = await openText(place, 'a 1\n');
    try {
      using crowd = new Crowd();
      await crowd.join(place, 1, 'dripping', '');
      await crowd.join(place, 1, 'idle', '');
      // A drip that meets a closed socket is an error, which is a hanging up as well.
      const closed = (socket: Socket): Promise<void> =>
        new Promise((resolve) => socket.resume().once('close', () => resolve()));
      await Promise.all(crowd.sockets.map(closed));
    } finally {
      server.close();
    }
  });

  for (const count of [16, 100]) {
    for (const manner of MANNERS) {
      test(`control socket: ${count} that are ${manner} keep nobody out`, async () => {
        using scratch = new Scratch();
        const path = scratch.file('control');
        const server = await ControlServer.open(path, (asked) => ({
          ok: true,
          text: asked === 'long' ? LONG : '',
        }));
        try {
          using crowd = new Crowd();
          await crowd.join({ path }, count, manner, '"long"\n');
          for (let times = 0; times < 3; times++)
            assert.deepEqual(await askControl(path, {}), { ok: true, text: '' });
        } finally {
          server.close();
        }
      });
    }
  }
});

test('a client of the control socket that neither asks nor reads is hung up on', async () => {
  using scratch = new Scratch();
  const path = scratch.file('control');
  const server = await ControlServer.open(path, () => ({ ok: true }), { idleMs: 50 });
  try {
    using crowd = new Crowd();
    await crowd.join({ path }, 1, 'idle', '');
    const [client] = crowd.sockets as [Socket];
    client.resume();
    await once(client, 'end', { signal: AbortSignal.timeout(PATIENCE_MS) });
  } finally {
    server.close();
  }
});

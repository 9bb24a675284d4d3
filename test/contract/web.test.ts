// Who may ask the page's server, by real requests of node:http and node:net.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pageFiles } from '../../src/app/web/page-files.ts';
import { WebServer } from '../../src/app/web/web-server.ts';
import { tokenIn } from '../../src/app/web/web-token.ts';
import { PROTOCOL } from '../../src/core/control/greeting.ts';
import { ControlServer } from '../../src/host/control/control-server.ts';
import { TempDirectory } from '../lab/temp-directory.ts';

const TOKEN = 'a-token-of-a-test-0123456789';

type Answer = {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
};

class Page implements Disposable {
  readonly server: WebServer;
  readonly directory: TempDirectory;

  private constructor(server: WebServer, directory: TempDirectory) {
    this.server = server;
    this.directory = directory;
  }

  static async open(
    more: { readonly readOnly?: boolean; readonly names?: readonly string[] } = {},
  ): Promise<Page> {
    const directory = new TempDirectory();
    const { readOnly = false, names = [] } = more;
    const server = await WebServer.open({
      choice: { stateDirectory: directory.path },
      ...{ place: { kind: 'port', port: 0 }, token: TOKEN, names, readOnly, files: await pageFiles() },
    });
    return new Page(server, directory);
  }

  get origin(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  /** With everything that the page's own requests have, but for what is said otherwise; '' leaves a header out. */
  ask(path: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Answer> {
    const own = { Host: this.origin, Authorization: `Bearer ${TOKEN}`, 'Sec-Fetch-Site': 'same-origin' };
    const type =
      body === undefined ? {} : { 'Content-Type': 'application/json', Origin: `http://${this.origin}` };
    const all = Object.entries({ ...own, ...type, ...headers }).filter(([, value]) => value !== '');
    const options = { host: '127.0.0.1', port: this.server.port, path, headers: Object.fromEntries(all) };
    return answerOf(options, body);
  }

  connect(): Socket {
    const socket = createConnection(this.server.port ?? 0, '127.0.0.1');
    socket.on('error', () => undefined);
    return socket.resume();
  }

  [Symbol.dispose](): void {
    this.server.close();
    this.directory[Symbol.dispose]();
  }
}

async function answerOf(options: RequestOptions, body?: string): Promise<Answer> {
  const asked: ClientRequest = request({
    ...options,
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
  });
  asked.on('error', () => undefined);
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, body: text, headers: response.headers };
}

/** However it ends. */
const closed = (socket: Socket): Promise<void> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));

const ORDER = JSON.stringify({ verb: 'close', door: 'ssh', ip: '192.0.2.7' });

describe('bussa web', { concurrency: 4 }, () => {
  test('the page is whole, small, and has the headers that keep all else out', async () => {
    using page = await Page.open();
    let size = 0;
    for (const path of ['/', '/page.js', '/page.css', '/words-de.json']) {
      const { status, body, headers } = await page.ask(path, { Authorization: '' });
      assert.equal(status, 200, path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/);
      assert.match(policy, /require-trusted-types-for 'script'/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['set-cookie'], undefined);
      assert.doesNotMatch(body, new RegExp(TOKEN));
      size += gzipSync(body).length;
    }
    assert.ok(size < 50_000, `${size} bytes`);
    assert.equal((await page.ask('/?x=1', { Authorization: '' })).status, 200);
    assert.equal((await page.ask('/etc/passwd')).status, 404);
    assert.equal((await page.ask('/../../etc/passwd')).status, 404);
    assert.equal((await page.ask('/__proto__')).status, 404);
  });

  test('a name that leads here is no name of here: DNS rebinding', async () => {
    using page = await Page.open({ names: ['admin.example.org'] });
    const { port } = page.server;
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1:1',
      '[::2]',
      '',
      'a b',
    ]) {
      for (const path of ['/', '/api/live', '/api/explain?ip=192.0.2.7'])
        assert.equal(
          (await page.ask(path, { Host: host === '' ? ' ' : host })).status,
          421,
          `${host} ${path}`,
        );
    }
    for (const host of [`localhost:${port}`, `[::1]:${port}`, 'admin.example.org', 'ADMIN.example.org:443'])
      assert.equal((await page.ask('/', { Host: host })).status, 200, host);
  });

  test('pages of elsewhere ask for nothing, whatever they have', async () => {
    using page = await Page.open();
    const { port } = page.server;
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:1',
      `http://localhost:${port}`,
      'file://',
    ])
      assert.equal((await page.ask('/api/order', { Origin: origin }, ORDER)).status, 403, origin);
    for (const site of ['cross-site', 'same-site', 'none', 'new'])
      assert.equal(
        (await page.ask('/api/explain?ip=192.0.2.7', { 'Sec-Fetch-Site': site })).status,
        403,
        site,
      );
    const link = {
      'Sec-Fetch-Site': 'cross-site',
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    };
    assert.equal((await page.ask('/', link)).status, 200);
    assert.equal((await page.ask('/', { ...link, 'Sec-Fetch-Dest': 'iframe' })).status, 403);
    assert.equal(
      (await page.ask('/page.js', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' })).status,
      403,
    );
  });

  test('without the token, no question is answered and no order accepted', async () => {
    using page = await Page.open();
    const wrong = ['', 'Bearer', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, TOKEN];
    for (const Authorization of wrong) {
      for (const path of ['/api/live', '/api/history?since=0', '/api/bans', '/api/nothing'])
        assert.equal((await page.ask(path, { Authorization })).status, 401, `${Authorization} ${path}`);
      assert.equal((await page.ask('/api/order', { Authorization }, ORDER)).status, 401);
    }
    assert.equal((await page.ask(`/api/bans?token=${TOKEN}`, { Authorization: '' })).status, 401);
  });

  test('orders: JSON of a bounded size, of these verbs, with fields that are read', async () => {
    using page = await Page.open();
    assert.equal((await page.ask('/api/order')).status, 405);
    assert.equal((await page.ask('/api/bans', {}, ORDER)).status, 405);
    assert.equal((await page.ask('/', {}, ORDER)).status, 405);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', ''])
      assert.equal((await page.ask('/api/order', { 'Content-Type': type }, ORDER)).status, 415, type);
    assert.equal((await page.ask('/api/order', {}, `"${'x'.repeat(5000)}"`)).status, 413);
    const chunked = { 'Transfer-Encoding': 'chunked' };
    assert.equal((await page.ask('/api/order', chunked, `"${'x'.repeat(100_000)}"`)).status, 413);
    const wrong = [
      '',
      'null',
      '[]',
      '{"verb":"reload"}',
      '{"verb":"close","all":true,"door":7}',
      '{"verb":"open","door":"ssh"}',
      '{"verb":"open","door":"ssh","ip":"<b>"}',
      '{"verb":"ban","who":"192.0.2.0/24","__proto__":{}, "more":1}',
      '{"verb":"__proto__"}',
    ];
    for (const body of wrong) assert.equal((await page.ask('/api/order', {}, body)).status, 400, body);
    // It has come through to where a daemon would be.
    assert.equal((await page.ask('/api/order', {}, ORDER)).status, 502);
    assert.equal((await page.ask('/api/explain?ip=%3Cscript%3E')).status, 400);
  });

  test('--read-only: the page shows, and orders nothing', async () => {
    using page = await Page.open({ readOnly: true });
    for (const verb of ['open', 'extend', 'close', 'ban', 'unban', 'reload', '', 'x'.repeat(9000)])
      assert.equal((await page.ask('/api/order', {}, JSON.stringify({ verb }))).status, 403, verb);
    assert.equal((await page.ask('/api/order', {}, ORDER)).status, 403);
    assert.equal((await page.ask('/api/bans')).status, 502);
  });

  test('what is no HTTP, and heads without an end, are hung up on', async () => {
    using page = await Page.open();
    const wrong = [
      'GARBAGE\r\n\r\n',
      `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${page.origin}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      `POST /api/order HTTP/1.1\r\nHost: ${page.origin}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${page.origin}\r\nHost: evil.example\r\n\r\n`,
    ];
    for (const text of wrong) {
      const socket = page.connect();
      let said = '';
      socket.on('data', (chunk) => {
        said += chunk;
      });
      socket.write(text);
      await closed(socket);
      assert.match(said, /^HTTP\/1\.1 4\d\d /, `${text.slice(0, 60)}: ${said.slice(0, 60)}`);
    }
  });

  test('whatever form a request has, it is judged: targets, methods, versions, upgrades, expectations, pipelines', async () => {
    using page = await Page.open();
    const host = `Host: ${page.origin}\r\n`;
    const token = `Authorization: Bearer ${TOKEN}\r\n`;
    const end = 'Connection: close\r\n\r\n';
    const cases: readonly (readonly [request: string, status: RegExp])[] = [
      // A target with a host of its own overrides Host for a proxy.
      [`GET http://evil.example/ HTTP/1.1\r\n${host}${end}`, /^400 $/],
      [`GET http://${page.origin}/api/bans HTTP/1.1\r\n${host}${token}${end}`, /^400 $/],
      [`OPTIONS * HTTP/1.1\r\n${host}${end}`, /^400 $/],
      [`GET / HTTP/1.0\r\n\r\n`, /^421 $/],
      ['GET /\r\n\r\n', /^421 $/],
      [`GET / HTTP/1.1\r\n${end}`, /^400 $/],
      [`CONNECT ${page.origin} HTTP/1.1\r\n${host}\r\n`, /^$/],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^400 $/],
      ...['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PROPFIND'].map(
        (method) => [`${method} /api/bans HTTP/1.1\r\n${host}${token}${end}`, /^405 $/] as const,
      ),
      // Nothing is ever switched to another protocol.
      [
        `GET /page.css HTTP/1.1\r\n${host}Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
        /^200 $/,
      ],
      // A body is asked for only once its sender has been judged.
      [
        `POST /api/order HTTP/1.1\r\nHost: evil.example\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
        /^421 $/,
      ],
      [
        `POST /api/order HTTP/1.1\r\n${host}${token}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9000\r\n\r\n`,
        /^(?:100 )?413 $/,
      ],
      // Nothing behind a refused request is read.
      [`GET /api/bans HTTP/1.1\r\n${host}\r\nGET /page.css HTTP/1.1\r\n${host}${end}`, /^401 $/],
      [`GET /page.css HTTP/1.1\r\n${host}\r\nGET /x HTTP/1.1\r\n${host}${end}`, /^200 404 $/],
      ...[
        '/%2e%2e/etc/passwd',
        '/..%2fetc',
        '//evil.example/',
        '/page%2ejs',
        '/page.js%00',
        '/%zz',
        '/api%2fbans',
      ].map((path) => [`GET ${path} HTTP/1.1\r\n${host}${end}`, /^404 $/] as const),
      ...['/x/../api/bans', '/api//bans', '/api/./bans', '/api/%62ans'].map(
        (path) => [`GET ${path} HTTP/1.1\r\n${host}${end}`, /^401 $/] as const,
      ),
    ];
    for (const [text, expected] of cases) {
      const socket = page.connect();
      let said = '';
      socket.on('data', (chunk) => {
        said += chunk;
      });
      socket.write(text);
      await closed(socket);
      const statuses = [...said.matchAll(/^HTTP\/1\.1 (\d+ )/gm)].map(([, status]) => status);
      assert.match(statuses.join(''), expected, text);
    }
  });

  test('pages wait for their turn: no number of them uses up the clients of the control socket', async () => {
    using page = await Page.open();
    mkdirSync(page.directory.file('daemon'));
    let present = 0;
    let most = 0;
    const answer = async (request: unknown): Promise<Record<string, unknown>> => {
      if ((request as { verb?: string }).verb === 'ping')
        return { ok: true, protocol: PROTOCOL, version: '0' };
      present += 1;
      most = Math.max(most, present);
      // All that are let in have come before one of them leaves.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      present -= 1;
      return { ok: true, bans: [], more: false };
    };
    const daemon = await ControlServer.open(page.directory.file('daemon/control'), answer);
    try {
      const answers = await Promise.all(Array.from({ length: 60 }, () => page.ask('/api/bans')));
      assert.deepEqual(
        [...new Set(answers.map(({ status, body }) => `${status} ${body}`))],
        ['200 {"answer":[]}\n'],
      );
      assert.ok(most <= 4, `${most} at a time`);
    } finally {
      daemon.close();
    }
  });

  test('a thousand silent or slow connections keep no client out', async () => {
    using page = await Page.open();
    const sockets = Array.from({ length: 1000 }, () => page.connect());
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: ');
    const drips = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write('x');
    }, 500);
    try {
      await Promise.all(sockets.slice(0, 700).map((socket) => closed(socket)));
      assert.ok(page.server.connections <= 257, `${page.server.connections}`);
      assert.equal((await page.ask('/')).status, 200);
      // The time for a head ends those that go on.
      await Promise.all(sockets.map((socket) => closed(socket)));
    } finally {
      clearInterval(drips);
    }
  });

  test('a Unix socket is for its owner; a token file is made once, for its owner, and must hold a token', async () => {
    using directory = new TempDirectory();
    const path = directory.file('web.sock');
    const server = await WebServer.open({
      choice: { stateDirectory: directory.path },
      ...{
        place: { kind: 'socket', path },
        token: TOKEN,
        names: [],
        readOnly: false,
        files: await pageFiles(),
      },
    });
    try {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      // ssh -L forwards from whatever port was free there.
      const headers = { Host: '127.0.0.1:8080', Authorization: `Bearer ${TOKEN}` };
      assert.equal((await answerOf({ socketPath: path, path: '/api/bans', headers })).status, 502);
      assert.equal(
        (await answerOf({ socketPath: path, path: '/', headers: { Host: 'evil.example:8080' } })).status,
        421,
      );
    } finally {
      server.close();
    }
    const file = directory.file('token');
    const token = tokenIn(file);
    assert.equal(tokenIn(file), token);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.throws(() => tokenIn(directory.file('short', 'x\n')), /not a token/);
    chmodSync(file, 0o644);
    assert.throws(() => tokenIn(file), /everybody on this host can read the token/);
  });

  test('--socket takes the place of a dead socket, and of nothing else', async () => {
    using directory = new TempDirectory();
    const open = async (path: string) =>
      WebServer.open({
        choice: { stateDirectory: directory.path },
        ...{
          place: { kind: 'socket', path },
          token: TOKEN,
          names: [],
          readOnly: false,
          files: await pageFiles(),
        },
      });
    const file = directory.file('precious', 'kept\n');
    await assert.rejects(open(file), /precious exists, and is not a socket/);
    assert.equal(readFileSync(file, 'utf8'), 'kept\n');
    await assert.rejects(open(directory.path), /exists, and is not a socket/);
    const path = directory.file('web.sock');
    const first = await open(path);
    await assert.rejects(open(path), /another process listens on .*web\.sock/);
    assert.equal(
      (await answerOf({ socketPath: path, path: '/', headers: { Host: 'localhost' } })).status,
      200,
    );
    // Its process is killed: the socket is left over.
    renameSync(path, `${path}.kept`);
    first.close();
    renameSync(`${path}.kept`, path);
    const second = await open(path);
    assert.equal(
      (await answerOf({ socketPath: path, path: '/', headers: { Host: 'localhost' } })).status,
      200,
    );
    second.close();
  });
});

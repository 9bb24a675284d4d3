// Whatever keeps a member from its engine is told in words: what failed, where, and what to do.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createServer, type Server } from 'node:tls';
import type { Port } from '../../src/core/net/port.ts';
import { openEngineClient } from '../../src/host/engine/engine-client.ts';
import { EngineError } from '../../src/host/engine/engine-error.ts';
import { type EngineFiles, readEngineFiles } from '../../src/host/engine/engine-files.ts';
import { LabEngine, makeCertificates, passwordOf } from '../lab/engine.ts';
import { TempDirectory } from '../lab/temp-directory.ts';

const foreign = new TempDirectory();
let engine: LabEngine;
let files: EngineFiles;

before(async () => {
  engine = await LabEngine.start({ fleet: 'edge', members: ['gw1'] });
  files = readEngineFiles(engine.filesFor('gw1'));
  makeCertificates(foreign.path, ['elsewhere.example.org'], ['gw1']);
  const sign = ['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
  const name = join(foreign.path, 'localhost.ext');
  execFileSync('sh', ['-c', `echo 'subjectAltName=IP:127.0.0.1' >"$1"`, 'sh', name]);
  const words = [...sign, '-days', '0', '-extfile', name, '-out', 'expired.pem'];
  execFileSync('openssl', words, { cwd: foreign.path, stdio: 'pipe' });
});
after(async () => {
  await engine[Symbol.asyncDispose]();
  foreign[Symbol.dispose]();
});

const own = (name: string): Buffer => readFileSync(join(foreign.path, name));

async function whyNot(given: EngineFiles, port = engine.port, user = 'gw1', tls = true): Promise<string> {
  const target = { kind: 'place', tls, place: { host: '127.0.0.1', port: port as Port } } as const;
  try {
    const login = given.password === undefined ? { user } : { user, password: given.password };
    const client = await openEngineClient(target, given, login);
    client.reset();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    return error.message;
  }
  return 'it is let in';
}

async function atServer(certificate: string, ask: (port: number) => Promise<string>): Promise<string> {
  const server: Server = createServer({ key: own('server.key'), cert: own(certificate) });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await ask((server.address() as { port: number }).port);
  } finally {
    server.close();
  }
}

suite('what keeps a member from its engine', () => {
  test('nothing, if all is right', async () => assert.equal(await whyNot(files), 'it is let in'));

  const cases: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
    [
      'an authority that is not its own',
      () => whyNot({ ...files, ca: own('ca.pem') }),
      /authority.*put it into ca\.pem/,
    ],
    [
      'a certificate for other names',
      () => atServer('server.pem', (port) => whyNot({ ca: own('ca.pem') }, port)),
      /certificate is for other names.*engine =/,
    ],
    [
      'a certificate that is out of date',
      () => atServer('expired.pem', (port) => whyNot({ ca: own('ca.pem') }, port)),
      /out of date, or this host's clock is wrong/,
    ],
    [
      'no certificate of its own',
      () => whyNot({ ca: files.ca as Buffer, password: passwordOf('gw1') }),
      /client\.pem and client\.key/,
    ],
    [
      'a certificate of another authority',
      () => whyNot({ ...files, certificate: own('gw1.pem'), key: own('gw1.key') }),
      /client\.pem/,
    ],
    [
      'a key of another certificate',
      () => whyNot({ ...files, key: own('gw1.key') }),
      /client\.pem and client\.key/,
    ],
    [
      'a certificate that is none',
      () => whyNot({ ...files, certificate: Buffer.from('junk') }),
      /client\.pem.*client\.key/,
    ],
    ['an authority that is none', () => whyNot({ ...files, ca: Buffer.from('junk') }), /ca\.pem/],
    [
      'a wrong password',
      () => whyNot({ ...files, password: 'x' }),
      /no user gw1 with this password.*users\.acl/,
    ],
    [
      'no password',
      () => whyNot({ ca: files.ca, certificate: files.certificate, key: files.key } as EngineFiles),
      /wants a password.*file password/,
    ],
    ['no TLS', () => whyNot(files, engine.port, 'gw1', false), /TLS/],
  ];
  for (const [name, ask, words] of cases)
    test(name, async () => {
      const said = await ask();
      assert.match(said, words);
      assert.match(said, /^127\.0\.0\.1:\d+: /);
    });

  test('a user without rights', async () => {
    await engine.order('ACL', 'SETUSER', 'gw1', '-@all', '+ping');
    const target = {
      kind: 'place',
      tls: true,
      place: { host: '127.0.0.1', port: engine.port as Port },
    } as const;
    const client = await openEngineClient(target, files, { user: 'gw1', password: passwordOf('gw1') });
    await assert.rejects(client.call(['ROLE']), /NOPERM.*bussa fleet init.*users\.acl/);
    client.reset();
    await engine.order('ACL', 'LOAD');
  });
});

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { UserFixture } from './user-fixture.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const HMAC = Buffer.alloc(64, 9).toString('base64');
const KEYS = `KEY_BASE64 ${KEY}\nHMAC_KEY_BASE64 ${HMAC}\n`;

function accessFile(fixture: UserFixture, text: string, mode = 0o600): string {
  const file = fixture.scratch.file('access.conf');
  writeFileSync(file, text, { mode });
  return file;
}

const read = (file: string): string => readFileSync(file, 'utf8');

suite('bussa import access.conf', () => {
  test('adds doors to the configuration that the Debian package brings, which has none', async () => {
    using fixture = new UserFixture(
      read('packaging/debian/knockd.conf').replace('[options]', '# no [options]'),
    );
    const before = read(fixture.config);
    const file = accessFile(fixture, `SOURCE ANY\n${KEYS}OPEN_PORTS tcp/22\n`);
    const shown = await fixture.run('import', file);
    assert.equal(shown.status, 0, shown.stderr);
    assert.equal(read(fixture.config), before, 'nothing is written without --write');
    const { status, stdout, stderr } = await fixture.run('import', file, '--write');
    assert.equal(status, 0, stderr);
    assert.ok(!stdout.includes(KEY) && !stdout.includes(HMAC));
    assert.equal(parseConfig('k', Buffer.from(read(fixture.config))).kind, 'ok');
    assert.equal(parseUsers('u', Buffer.from(read(fixture.users)), nodeCiphers).kind, 'ok');
    assert.equal(statSync(fixture.users).mode & 0o7777, 0o600);
    const written = read(fixture.config) + read(fixture.users);
    const again = await fixture.run('import', file, '--write');
    assert.equal(again.status, 0);
    assert.match(again.stdout, /the user fwknop-1 has its key already.*Nothing to import/s);
    assert.equal(read(fixture.config) + read(fixture.users), written);
  });

  test('nothing that could be taken over is a failure, with the way on', async () => {
    using fixture = new UserFixture();
    const file = accessFile(fixture, `SOURCE ANY\n${KEYS}`);
    const { status, stdout } = await fixture.run('import', file, '--write');
    assert.equal(status, 1);
    assert.match(stdout, /name those that it may, with --ports tcp\/22,udp\/53.*Nothing to import/s);
    assert.equal((await fixture.run('import', file, '--write', '--ports', 'tcp/22')).status, 0);
  });

  test('every name that a packet may carry can be required', async () => {
    using fixture = new UserFixture();
    const names = ['alice', 'Bob Smith', 'carol@example.org', 'u'.repeat(63), "#o'neil $(x)"];
    const stanzas = names.map((name, i) => {
      const key = Buffer.alloc(32, i + 1).toString('base64');
      return `SOURCE ANY\nKEY_BASE64 ${key}\nOPEN_PORTS tcp/22\nREQUIRE_USERNAME ${name}\n`;
    });
    const { status, stderr } = await fixture.run('import', accessFile(fixture, stanzas.join('')), '--write');
    assert.equal(status, 0, stderr);
    const users = parseUsers('u', Buffer.from(read(fixture.users)), nodeCiphers);
    assert.ok(users.kind === 'ok');
    assert.deepEqual(
      users.users.flatMap(({ spa }) => spa.map(({ spaUser }) => spaUser)),
      names,
    );
  });

  test('a file that others can read is reported, and a file with nothing but mistakes still counts as fwknopd’s', async () => {
    using fixture = new UserFixture();
    const open = await fixture.run(
      'import',
      accessFile(fixture, `SOURCE ANY\n${KEYS}OPEN_PORTS tcp/22\n`, 0o644),
    );
    assert.equal(open.status, 0);
    assert.match(open.stderr, /others may read the keys in .*access\.conf \(mode 644\): chmod 600/);
    for (const text of [`source ANY\n${KEYS}OPEN_PORTS tcp/22\n`, `${KEYS}OPEN_PORTS tcp/22\n`]) {
      const { status, stderr } = await fixture.run('import', accessFile(fixture, text), '--write');
      assert.equal(status, 78);
      assert.match(
        stderr,
        /access\.conf:\d+:1: (?:unknown setting "source": did you mean SOURCE|KEY_BASE64 stands)/,
      );
    }
  });
});

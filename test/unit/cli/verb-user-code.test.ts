// bussa user with codes: what is written, what a phone reads, and that a secret is shown only when it is asked for.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { suite, test } from 'node:test';
import { readQr } from '../../lab/read-qr.ts';
import { publicKeyLine } from '../users/key-lines.ts';
import { UserFixture } from './user-fixture.ts';

/** The lines of the code in what a verb has printed. */
const qrIn = (text: string): readonly string[] =>
  text.split('\n').filter((line) => /^[ █▀▄]{20,}$/.test(line));

suite('bussa user with codes', () => {
  test('add --code: the secret, the directives, and a QR code whose codes are those of oathtool', async () => {
    using bench = new UserFixture();
    const { status, stdout, stderr } = await bench.run(
      'user',
      'add',
      'bob',
      '--code',
      '--host',
      'server.example.org',
    );
    assert.equal(status, 0, stderr);
    const [, first = '', second = ''] =
      /code_ports = ([0-9]+), ([0-9]+)/.exec(readFileSync(bench.config, 'utf8')) ?? [];
    assert.ok(Number(first) >= 10 && Number(first) <= 29 && Number(second) >= 10 && first !== second);
    const [, secret = ''] = /^code = ([A-Z2-7]{32})$/m.exec(readFileSync(bench.users, 'utf8')) ?? [];
    assert.equal(statSync(bench.users).mode & 0o777, 0o600);
    const label = `server.example.org:${first}___%20${second}___%20bob`;
    const uri = `otpauth://totp/${label}?secret=${secret}&issuer=server.example.org`;
    assert.equal(readQr(qrIn(stdout)).trim(), uri);
    assert.ok(stdout.includes(`    knock server.example.org ${first}492 ${second}817\n`));
    execFileSync('oathtool', ['--totp', '--base32', secret]);
    assert.equal((await bench.run('check', bench.config)).status, 0);
    assert.match(readFileSync(bench.config, 'utf8'), /accept = code/);
    assert.throws(() => statSync(bench.key), 'no server key is needed');
  });

  test('a secret is made once, printed once, and again only when it is asked for', async () => {
    using bench = new UserFixture();
    const { secret } = await bench.json('user', 'add', 'bob', '--code');
    assert.match(String(secret), /^[A-Z2-7]{32}$/);
    const before = readFileSync(bench.users, 'utf8');
    for (const words of [
      ['user', 'add', 'bob', '--code'],
      ['user', 'show', 'bob'],
      ['user', 'list'],
      ['check', bench.config],
      ['user', 'list', '--json'],
      ['user', 'show', 'bob', '--json'],
    ]) {
      const { stdout, stderr } = await bench.run(...words);
      assert.ok(!(stdout + stderr).includes(String(secret)), words.join(' '));
    }
    assert.equal(readFileSync(bench.users, 'utf8'), before);
    assert.ok((await bench.run('user', 'show', 'bob', '--qr')).stdout.includes(String(secret)));
    assert.equal((await bench.json('user', 'show', 'bob', '--qr')).secret, secret);
  });

  test('beside a key, on a door of several, and taken away again', async () => {
    using bench = new UserFixture(
      '[ssh]\naccept = code\nopen = tcp/22\n[web]\nsequence = 5\nopen = tcp/80\n',
    );
    assert.match(
      (await bench.run('check', bench.config)).stdout,
      /the door accepts codes, and has no ports for them/,
    );
    assert.deepEqual(
      (await bench.json('user', 'add', 'bob', '--code')).mayOpen,
      ['ssh'],
      'its ports are drawn',
    );
    assert.deepEqual((await bench.json('user', 'add', 'bob', publicKeyLine(1), '--door', 'web')).mayOpen, [
      'web',
    ]);
    assert.equal((await bench.run('check', bench.config)).status, 0);
    const both = (await bench.json('user', 'add', 'eve', '--code', '--door', 'ssh,web')) as {
      codePorts?: unknown;
    };
    assert.equal((both.codePorts as unknown[]).length, 2);
    const pairs = [...readFileSync(bench.config, 'utf8').matchAll(/code_ports = (.*)/g)].map(
      ([, pair]) => pair,
    );
    assert.equal(new Set(pairs).size, 2);
    assert.equal((await bench.run('user', 'remove', 'bob', 'code')).status, 0);
    assert.doesNotMatch(readFileSync(bench.users, 'utf8'), /\[bob\]\n(?:(?!\[).*\n)*code =/);
    assert.match(readFileSync(bench.users, 'utf8'), /\[bob\]\nkey = /);
    assert.match((await bench.run('user', 'remove', 'bob', 'code')).stderr, /bob has no code/);
    assert.match((await bench.run('user', 'show', 'bob', '--qr')).stderr, /bob has no code: /);
  });

  test('what does not go together is refused, and nothing is written', () => {
    using bench = new UserFixture();
    for (const words of [
      ['add', 'bob', publicKeyLine(1), '--code'],
      ['add', 'bob'],
      ['show', 'bob', '--code'],
      ['list', '--qr'],
    ])
      assert.equal(bench.runProgram('user', ...words).status, 2, words.join(' '));
    assert.throws(() => statSync(bench.users));
  });

  test('where local ports leave no room for codes or signed knocks, they are named, with what to do', () => {
    using bench = new UserFixture();
    for (const proof of ['--code', publicKeyLine(1)]) {
      const { status, stderr } = bench.runWithLocalPorts('1024 65535', 'user', 'add', 'bob', proof);
      assert.notEqual(status, 0);
      assert.match(
        stderr,
        /ip_local_port_range, 1024 to 65535, leaves no room for .*: set it to 32768 60999/,
      );
      assert.throws(() => statSync(bench.users));
    }
    const { status, stderr } = bench.runWithLocalPorts('12000 60000', 'user', 'add', 'bob', '--code');
    assert.equal(status, 0, stderr);
    assert.match(readFileSync(bench.config, 'utf8'), /code_ports = 1[01], 1[01]\n/);
  });

  test('mistakes in the file are reported with their places, without secrets', async () => {
    using bench = new UserFixture('[ssh]\naccept = code\ncode_ports = 17, 23\nopen = tcp/22\n');
    const good = 'KIVSO2RVNPPTSAJ57K7KFTKD4FA6ZSPI';
    const text = `[a]\ncode = ${good}\n[b]\ncode = ${good}\n[c]\ncode = KIVSO2RV\n[d]\ncode = ${good.replace('K', '1')}\n`;
    await bench.json('user', 'add', 'z', '--code');
    bench.writeUsers(text);
    const { stdout } = await bench.run('check', bench.config);
    for (const [line, words] of [
      ['4', 'it is the code of a'],
      ['6', 'the secret has 5 bytes'],
      ['8', 'the secret is not base32'],
    ] as const)
      assert.match(stdout, new RegExp(`users.conf:${line}:[0-9]+: .*${words}`));
    assert.ok(!stdout.includes(good.slice(8)));
  });
});

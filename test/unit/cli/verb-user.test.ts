// bussa user and bussa key, from their command lines to the three files and what is printed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { parseCard } from '../../../src/core/signed/server-card.ts';
import { parseServerKeys } from '../../../src/core/signed/server-keys.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { makeKey } from '../../lab/ssh-agent.ts';
import { publicKeyLine } from '../users/key-lines.ts';
import { UserFixture } from './user-fixture.ts';

const isIn = (file: string, text: string): boolean => readFileSync(file, 'utf8').includes(text);

suite('bussa user', () => {
  test('add: a key of ssh-keygen; all that is missing is made, its owner’s alone; one line for the client', async () => {
    using bench = new UserFixture();
    const file = bench.scratch.file('id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice@laptop', '-f', file]);
    const { status, stdout, stderr } = bench.runProgram(
      'user',
      'add',
      'alice',
      `${file}.pub`,
      '--host',
      'server.example.org',
    );
    assert.equal(status, 0, stderr);
    const [, card = ''] = /^ {4}bussa host add server\.example\.org (bussa1-\S+)$/m.exec(stdout) ?? [];
    const keys = parseServerKeys(readFileSync(bench.key, 'utf8'), nodeCiphers);
    assert.deepEqual(
      parseCard(nodeCiphers, card)?.key,
      keys.kind === 'keys' ? keys.keys[0].public : undefined,
    );
    assert.deepEqual(
      [bench.users, bench.key].map((each) => statSync(each).mode & 0o777),
      [0o600, 0o600],
    );
    assert.equal(statSync(path.dirname(bench.key)).mode & 0o777, 0o700);
    for (const kept of ['# mine\n', '# the way in\n[ssh]\n', '\tsequence = 7123,4234\n', '\taccept = key\n'])
      assert.ok(isIn(bench.config, kept), kept);
    assert.equal((await bench.run('check', bench.config)).status, 0);
    // Once more changes nothing.
    const before = [bench.config, bench.users, bench.key].map((each) => readFileSync(each, 'utf8'));
    assert.equal((await bench.json('user', 'add', 'alice', `${file}.pub`)).card, card);
    assert.deepEqual(
      [bench.config, bench.users, bench.key].map((each) => readFileSync(each, 'utf8')),
      before,
    );
    assert.match((await bench.run('user', 'add', 'bob', `${file}.pub`)).stderr, /is the key of alice/);
    assert.deepEqual((await bench.run('user', 'add', 'alice', file)).status, 1, 'a private key is none');
  });

  test('add: where the owner has written accept = key himself, and no port yet', async () => {
    using bench = new UserFixture('[ssh]\naccept = key\nopen = tcp/22\n[web]\naccept = key\nopen = tcp/80\n');
    assert.match((await bench.run('check', bench.config)).stdout, /there is no port for signed knocks/);
    assert.deepEqual((await bench.json('user', 'add', 'alice', publicKeyLine(1))).mayOpen, ['ssh', 'web']);
    assert.equal((await bench.run('check', bench.config)).status, 0);
    assert.match(
      (await bench.run('user', 'add', 'bob', bench.scratch.file('none.pub'))).stderr,
      /there is no .*none\.pub/,
    );
  });

  test('list, show, off, on, remove; unknown options of a key are reported', async () => {
    using bench = new UserFixture();
    const added = await bench.run(
      'user',
      'add',
      'alice',
      `command="x",verify-required ${publicKeyLine(1)} laptop`,
    );
    assert.equal(added.status, 0);
    assert.match(added.stderr, /command concerns logins/);
    await bench.json('user', 'add', 'bob', publicKeyLine(2));
    await bench.json('user', 'off', 'alice');
    const { users } = await bench.json('user', 'list');
    assert.deepEqual(
      users.map(({ name, off }) => [name, off]),
      [
        ['alice', true],
        ['bob', false],
      ],
    );
    assert.match((await bench.run('user', 'list')).stdout, /^alice +1 +no +0 +ssh +off$/m);
    await bench.json('user', 'on', 'alice');
    const [key] = (await bench.json('user', 'show', 'alice')).keys as {
      fingerprint: string;
      verifyRequired: boolean;
    }[];
    assert.equal(key?.verifyRequired, true);
    await bench.json('user', 'remove', 'alice', key?.fingerprint ?? '');
    assert.deepEqual((await bench.json('user', 'show', 'alice')).keys, []);
    assert.match(
      (await bench.run('user', 'show', 'alice')).stdout,
      /^may open: no door: there is no key and no code$/m,
    );
    await bench.json('user', 'remove', 'alice');
    assert.deepEqual(
      (await bench.json('user', 'list')).users.map(({ name }) => name),
      ['bob'],
    );
    assert.match((await bench.run('user', 'show', 'alice')).stderr, /there is no user alice: there are bob/);
  });

  test('add, off and remove name the doors that a sequence still opens; none when it is deleted', async () => {
    using bench = new UserFixture();
    const still =
      /^Still open to everybody who knows the sequence: ssh\. .* delete the sequence in .*`bussa reload`\.$/m;
    for (const [what, told] of [
      [['add', 'alice', publicKeyLine(1)], true],
      [['off', 'alice'], true],
      [['on', 'alice'], false],
      [['remove', 'alice'], true],
    ] as const) {
      const { status, stdout, stderr } = await bench.run('user', ...what);
      assert.equal(status, 0, stderr);
      assert.equal(still.test(stdout), told, stdout);
    }
    writeFileSync(bench.config, readFileSync(bench.config, 'utf8').replace(/^\tsequence.*\n/m, ''));
    assert.deepEqual((await bench.json('user', 'add', 'bob', publicKeyLine(2))).sequenceOpens, []);
    assert.doesNotMatch((await bench.run('user', 'off', 'bob')).stdout, /sequence/);
  });

  test('several at one time: none loses what another one has written', async () => {
    using bench = new UserFixture();
    const names = ['a', 'b', 'c', 'd'];
    const added = await Promise.all(
      names.map((name, i) => bench.start('user', 'add', name, publicKeyLine(i + 1))),
    );
    const { users } = await bench.json('user', 'list');
    // Who had to wait for too long is told, and has written nothing.
    const done = names.filter((_, i) => added[i] === 0);
    assert.deepEqual(users.map(({ name }) => name).toSorted(), done);
    assert.ok(done.length > 0);
  });

  test('--door: of several, the one that is meant; the user is for it, and it for him', async () => {
    using bench = new UserFixture(
      '[ssh]\nsequence = 7123,4234\nopen = tcp/22\n[web]\nsequence = 8123,4234\nopen = tcp/80\n',
    );
    assert.match(
      (await bench.run('user', 'add', 'alice', publicKeyLine(1))).stderr,
      /name one with --door ssh or --door web/,
    );
    assert.equal(existsSync(bench.users), false, 'nothing was written');
    assert.deepEqual((await bench.json('user', 'add', 'alice', publicKeyLine(1), '--door', 'web')).mayOpen, [
      'web',
    ]);
    assert.match(
      (await bench.run('user', 'add', 'alice', publicKeyLine(2), '--door', 'mail')).stderr,
      /there is no door mail/,
    );
  });

  test('mistakes in any file are reported with their places, and nothing is written', async () => {
    using bench = new UserFixture();
    await bench.json('user', 'add', 'alice', publicKeyLine(1));
    const good = readFileSync(bench.users, 'utf8');
    writeFileSync(bench.users, `${good}until = never\n`);
    const bad = await bench.run('user', 'on', 'alice');
    assert.equal(bad.status, 78);
    assert.match(bad.stderr, /users\.conf:3:9: "never" is /);
    writeFileSync(bench.users, good);
    chmodSync(bench.users, 0o640);
    assert.match((await bench.run('user', 'on', 'alice')).stderr, /others can read or change/);
    assert.equal(readFileSync(bench.users, 'utf8'), good);
  });

  test('--door with a key that the user has already: one more door, and nothing is written twice', async () => {
    using bench = new UserFixture(
      '[ssh]\nsequence = 7123,4234\nopen = tcp/22\n[web]\nsequence = 8123,4234\nopen = tcp/80\n',
    );
    await bench.json('user', 'add', 'alice', publicKeyLine(1), '--door', 'ssh');
    const again = await bench.json('user', 'add', 'alice', publicKeyLine(1), '--door', 'web');
    assert.deepEqual([again.keys, again.mayOpen], [[], ['ssh', 'web']]);
    assert.deepEqual(
      (await bench.json('user', 'add', 'alice', publicKeyLine(1), '--door', 'web')).written,
      [],
    );
  });

  test('what is no regular file, or far too long, is neither read nor replaced, and is told with its place', async () => {
    using bench = new UserFixture();
    await bench.json('user', 'add', 'alice', publicKeyLine(1));
    const places: readonly (readonly [string, (path: string) => void, RegExp])[] = [
      ['a pipe', (path) => execFileSync('mkfifo', ['-m', '600', path]), /it is a named pipe, and must be/],
      ['a directory', (path) => mkdirSync(path, { mode: 0o700 }), /it is a directory, and must be/],
      ['a device', (path) => symlinkSync('/dev/null', path), /it is a device, and must be/],
      ['endless', (path) => symlinkSync('/dev/zero', path), /it is a device, and must be/],
      ['a loop', (path) => symlinkSync(path, path), /ELOOP/],
      [
        'too long',
        (path) => {
          writeFileSync(path, '', { mode: 0o600 });
          truncateSync(path, 100_000_000);
        },
        /it has more than \d+ bytes/,
      ],
    ];
    for (const path of [bench.users, bench.key]) {
      const good = readFileSync(path);
      for (const [name, make, words] of places) {
        rmSync(path);
        make(path);
        const { mode, ino } = lstatSync(path);
        for (const verb of [
          ['check', bench.config],
          ['user', 'list'],
          ['user', 'add', 'bob', publicKeyLine(2)],
          ['key', 'rotate'],
        ]) {
          const { status, stderr, stdout } =
            verb[0] === 'check' ? await bench.runAlone(...verb) : await bench.run(...verb);
          assert.equal(status, 78, `${name} ${path} ${verb}: ${stdout}`);
          assert.match(stderr + stdout, words, `${name} ${path} ${verb}`);
          assert.match(stderr + stdout, new RegExp(`${path}:1:1: `));
        }
        assert.deepEqual([lstatSync(path).mode, lstatSync(path).ino], [mode, ino], `${name} ${path}`);
        // The users file can be changed whatever has become of the key.
        if (path === bench.key) {
          assert.equal((await bench.run('user', 'off', 'alice')).status, 0, name);
          assert.match(readFileSync(bench.users, 'utf8'), /off = yes/);
          writeFileSync(bench.users, readFileSync(bench.users, 'utf8').replace(/.*off = yes\n/, ''));
        }
        rmSync(path, { recursive: true });
        writeFileSync(path, good, { mode: 0o600 });
      }
    }
  });

  test('certificates, private keys, short RSA keys and damaged lines are refused, and nothing is written', async () => {
    using bench = new UserFixture();
    const file = (name: string): string => bench.scratch.file(name);
    makeKey(file('ca'));
    makeKey(file('id'), '-t', 'ecdsa', '-b', '384');
    makeKey(file('short'), '-t', 'rsa', '-b', '1024');
    execFileSync('ssh-keygen', ['-q', '-s', file('ca'), '-I', 'alice', '-n', 'alice', file('id.pub')]);
    for (const [key, words] of [
      [file('id-cert.pub'), /certificates cannot knock: give the plain public key/],
      [file('id'), /this is a private key: give the public one/],
      [file('short.pub'), /has 1024 bits: at least 2048 are needed/],
      [file('nowhere.pub'), /there is no .*nowhere\.pub/],
    ] as const) {
      const { status, stderr } = await bench.run('user', 'add', 'alice', key);
      assert.equal(status, 1, key);
      assert.match(stderr, words, key);
      assert.equal(existsSync(bench.users), false, key);
    }
  });

  test('off and remove are written whatever mistakes the files have elsewhere', async () => {
    using bench = new UserFixture();
    await bench.json('user', 'add', 'alice', publicKeyLine(1));
    await bench.json('user', 'add', 'bob', publicKeyLine(2));
    const [users, config, key] = [bench.users, bench.config, bench.key].map((file) =>
      readFileSync(file, 'utf8'),
    ) as [string, string, string];
    const mistakes: readonly (() => void)[] = [
      () => writeFileSync(bench.config, `${config}\tonpe = tcp/22\n[ssh\n`),
      () => writeFileSync(bench.users, `${users}\tuntil = never\n[carol\nkey = x\n`),
      () => writeFileSync(bench.users, `${users}[alice]\nkey = ${publicKeyLine(3)}\n`),
      () => writeFileSync(bench.key, 'none'),
      () => chmodSync(bench.users, 0o644),
    ];
    for (const spoil of mistakes) {
      for (const [file, text] of [
        [bench.users, users],
        [bench.config, config],
        [bench.key, key],
      ] as const)
        writeFileSync(file, text);
      chmodSync(bench.users, 0o600);
      spoil();
      assert.equal((await bench.run('user', 'on', 'alice')).status, 78, String(spoil));
      for (const action of ['off', 'remove']) {
        const { status, stderr } = await bench.run('user', action, 'alice');
        assert.equal(status, 0, String(spoil) + stderr);
        const sections = readFileSync(bench.users, 'utf8').split(/^(?=\[)/m);
        const hers = sections.filter((section) => section.startsWith('[alice]'));
        if (action === 'remove') assert.deepEqual(hers, [], String(spoil));
        else assert.ok(hers.length > 0 && hers.every((section) => section.includes('off = yes')));
        assert.ok(!sections.some((section) => section.startsWith('[bob]') && section.includes('off = yes')));
      }
    }
  });
});

suite('without a configuration', () => {
  test('each verb of users and keys says how to make one', async () => {
    using bench = new UserFixture();
    rmSync(bench.config);
    const verbs = [
      ['user', 'list'],
      ['user', 'show', 'alice'],
      ['user', 'add', 'alice', publicKeyLine(1)],
      ['user', 'off', 'alice'],
      ['user', 'remove', 'alice'],
      ['key', 'show'],
      ['key', 'rotate'],
      ['check', bench.config],
    ];
    for (const words of verbs) {
      const { status, stdout, stderr } = await bench.run(...words);
      assert.notEqual(status, 0, words.join(' '));
      const made = new RegExp(`name one with -c, or make it with \`\\S*bussa init -c ${bench.config}\``);
      assert.match(stdout + stderr, made, words.join(' '));
    }
    assert.ok(!existsSync(bench.users));
  });
});

suite('bussa key', () => {
  test('show and rotate: another card, the key before it good for 30 days', async () => {
    using bench = new UserFixture();
    assert.match((await bench.run('key', 'show')).stderr, /`bussa user add NAME KEY.pub` makes it/);
    await bench.json('user', 'add', 'alice', publicKeyLine(1));
    const { card } = await bench.json('key', 'show');
    const rotated = await bench.json('key', 'rotate');
    assert.notEqual(rotated.card, card);
    const days = (Date.parse(String((rotated.earlier as string[])[0])) - Date.now()) / 86_400_000;
    assert.ok(days > 29.9 && days <= 30, String(days));
    assert.equal((await bench.json('key', 'show')).card, rotated.card);
    assert.match((await bench.run('key', 'show', '--qr')).stdout, /█▀/);
    assert.equal(statSync(bench.key).mode & 0o777, 0o600);
  });
});

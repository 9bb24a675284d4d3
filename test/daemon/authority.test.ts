import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { instant } from '../../src/core/net/time.ts';
import { parseServerKeys, renderServerKeys, rotateServerKeys } from '../../src/core/signed/server-keys.ts';
import { renderDiagnostic } from '../../src/core/text/diagnostic.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { publicKeyLine } from '../unit/users/key-lines.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'bussa-authority-'));
after(() => rmSync(directory, { recursive: true }));

const at = (name: string): string => path.join(directory, name);

function write(name: string, text: string, mode = 0o600): void {
  writeFileSync(at(name), text);
  chmodSync(at(name), mode);
}

function writeAll(): void {
  write(
    'knockd.conf',
    `[options]\nUsers_File = ${at('users.conf')}\nServer_Key = ${at('server.key')}\nSigned_Port = 4000\n[ssh]\naccept = key\nopen = tcp/22\n`,
  );
  write('users.conf', `[alice]\nkey = ${publicKeyLine(1)}\n`);
  write('server.key', renderServerKeys([{ secret: randomBytes(32) }]));
}

const told = (): string => {
  const loaded = loadConfig(at('knockd.conf'));
  return (loaded.kind === 'bad' ? loaded.diagnostics : loaded.warnings).map(renderDiagnostic).join('\n');
};

suite('the users and the server key beside a configuration', () => {
  test('are read where a door accepts keys', () => {
    writeAll();
    const loaded = loadConfig(at('knockd.conf'));
    assert.equal(loaded.kind, 'ok', told());
    assert.equal(loaded.kind === 'ok' && loaded.authority?.users.find('alice')?.keys.length, 1);
  });

  test('are not looked at where none does', () => {
    write('knockd.conf', `[options]\nUsers_File = /nowhere\n[ssh]\nsequence = 7000\nopen = tcp/22\n`);
    assert.equal(loadConfig(at('knockd.conf')).kind, 'ok', told());
  });

  for (const file of ['users.conf', 'server.key']) {
    for (const mode of [0o640, 0o620, 0o604, 0o602, 0o644, 0o666, 0o610, 0o601]) {
      test(`${file} of mode ${mode.toString(8)} is refused, and it is told what to do`, () => {
        writeAll();
        chmodSync(at(file), mode);
        assert.equal(loadConfig(at('knockd.conf')).kind, 'bad');
        assert.match(
          told(),
          new RegExp(`^${at(file)}:1:1: others can read or change its contents .*: chmod 600 `),
        );
      });
    }

    test(`${file} that is missing is told with what makes it`, () => {
      writeAll();
      rmSync(at(file));
      assert.match(told(), new RegExp(`${at(file)}:1:1: there is no such file: \`bussa `));
    });
  }

  test('every mistake in both is told at once, each with its place', () => {
    writeAll();
    write('users.conf', '[alice]\nkey = nonsense\nuntil = never\n');
    write('server.key', 'nonsense');
    assert.deepEqual(
      told()
        .split('\n')
        .map((line) => line.split(': ')[0]),
      [`${at('users.conf')}:2:7`, `${at('users.conf')}:3:9`, `${at('server.key')}:1:1`],
    );
  });
});

suite('the server key', () => {
  const keysOf = (text: string) => {
    const reading = parseServerKeys(text, nodeCiphers);
    return reading.kind === 'keys' ? reading.keys : [];
  };

  test('is what openssl and Node.js take for an X25519 key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const [key] = keysOf(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
    assert.deepEqual(
      Buffer.from(key?.public ?? []),
      publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
    );
    const made = renderServerKeys([{ secret: key?.secret ?? new Uint8Array() }]);
    assert.equal(made, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });

  test('is rotated: the one before counts for its time, and no longer', () => {
    const [first, second, third] = [1, 2, 3].map((seed) => new Uint8Array(32).fill(seed)) as Uint8Array[];
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const once = rotateServerKeys([{ secret: first }], second, instant(1000), instant(5000));
    const again = keysOf(renderServerKeys(rotateServerKeys(once, third, instant(2000), instant(9000))));
    assert.deepEqual(
      again.map(({ secret, until }) => [secret[0], until]),
      [
        [3, undefined],
        [2, 9000],
        [1, 5000],
      ],
    );
    const late = rotateServerKeys(again, first, instant(6000), instant(20_000));
    assert.deepEqual(
      late.map(({ secret, until }) => [secret[0], until]),
      [
        [1, undefined],
        [3, 20_000],
        [2, 9000],
      ],
    );
  });

  test('is refused where it is something else, and never a throw', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const wrong = [
      '',
      'x',
      String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      renderServerKeys([{ secret: new Uint8Array(31) }]),
      renderServerKeys([{ secret: new Uint8Array(32) }]).slice(0, -10),
      `# until never\n${renderServerKeys([{ secret: new Uint8Array(32) }])}`,
    ];
    for (const text of wrong) assert.deepEqual(keysOf(text), [], text);
  });
});

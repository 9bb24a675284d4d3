import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { loadConfig } from '../../src/app/config/load-config.ts';
import { SignedJudge } from '../../src/app/daemon/proofs/signed-judge.ts';
import { ProofCounters } from '../../src/app/daemon/reporting/proof-counters.ts';
import { readCard, rotateKey } from '../../src/app/users/server-card.ts';
import { instant, seconds } from '../../src/core/net/time.ts';
import { Packet } from '../../src/core/packet/packet.ts';
import { renderHead } from '../../src/core/signed/knock-body.ts';
import { ephemeralOf, sealKnock } from '../../src/core/signed/seal-knock.ts';
import { parseCard } from '../../src/core/signed/server-card.ts';
import {
  acceptedKeys,
  parseServerKeys,
  renderServerKeys,
  rotateServerKeys,
} from '../../src/core/signed/server-keys.ts';
import { serverMarks } from '../../src/core/signed/server-word.ts';
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

  test('all mistakes in both files are reported at once, each with its place', () => {
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

  test('is good for 30 days after `key rotate`, to the millisecond, and a second rotation does not shorten that', () => {
    writeAll();
    const config = at('knockd.conf');
    const day = 86_400_000;
    const now = 1_800_000_000_000;
    const cards = [readCard(config), rotateKey(config, now), rotateKey(config, now + 20 * day)];
    const points = cards.map((one) =>
      one.kind === 'card' ? parseCard(nodeCiphers, one.card)?.key : assert.fail(JSON.stringify(one)),
    );
    assert.equal(new Set(points.map(String)).size, 3);
    const loaded = loadConfig(config);
    const all = loaded.kind === 'ok' ? (loaded.authority?.serverKeys ?? []) : assert.fail(told());
    const judge = new SignedJudge({
      counters: new ProofCounters(),
      record: {} as never,
      knocks: {} as never,
    });
    /** Which of the three cards knocks count by, oldest first, and when that changes. */
    const countAt = (wall: number): readonly [readonly boolean[], number | undefined] => {
      const { keys, next } = acceptedKeys(all, instant(wall));
      judge.follow(
        keys.map((key) => ({ ...key, point: key.public, marks: serverMarks(nodeCiphers, key.public) })),
      );
      const heard = points.map((point) => {
        const head = renderHead({
          ...{ kind: 'open', wantsReply: true, door: '', length: seconds(0), time: instant(wall) },
          ...{ nonce: randomBytes(16), keyId: randomBytes(16) },
        });
        const ephemeral = ephemeralOf(nodeCiphers, randomBytes(32), false);
        const sealed = sealKnock(nodeCiphers, point ?? assert.fail(), ephemeral, head, randomBytes(83));
        const bytes = sealed?.packet ?? assert.fail();
        const packet = Object.assign(new Packet(), {
          protocol: 17,
          payloadStart: 0,
          payloadEnd: bytes.length,
        });
        return judge.recognizes(bytes, packet);
      });
      return [heard, next];
    };
    assert.deepEqual(countAt(now + 20 * day), [[true, true, true], 10 * day]);
    assert.deepEqual(countAt(now + 30 * day - 1), [[true, true, true], 1]);
    assert.deepEqual(countAt(now + 30 * day), [[false, true, true], 20 * day]);
    assert.deepEqual(countAt(now + 50 * day - 1), [[false, true, true], 1]);
    assert.deepEqual(countAt(now + 50 * day), [[false, false, true], undefined]);
  });

  test('anything else is refused, and nothing is thrown', () => {
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

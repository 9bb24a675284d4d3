import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { instant } from '../../../src/core/net/time.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { doorFor, mayOpenSomehow, UserDirectory } from '../../../src/core/users/user-directory.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { doorOf } from '../config/config-text.ts';
import { publicKeyLine } from './key-lines.ts';

const address = (text: string): Address => parseAddress(text) as Address;

function read(text: string) {
  return parseUsers('u', new TextEncoder().encode(text), nodeCiphers);
}

function usersOf(text: string) {
  const result = read(text);
  if (result.kind === 'bad') throw new Error(result.diagnostics.map(renderDiagnostic).join('\n'));
  return result;
}

const directoryOf = (text: string): UserDirectory => new UserDirectory(usersOf(text).users);

function told(text: string): readonly string[] {
  const result = read(text);
  return (result.kind === 'bad' ? result.diagnostics : result.warnings).map(renderDiagnostic);
}

const [first, second] = [1, 2].map(publicKeyLine) as [string, string];

suite('the users file', () => {
  test('a repeated directive has a separate message: knockd has no such file', () => {
    const lines = told(`[alice]\nkey = ${first}\noff = no\noff = no\n`);
    assert.match(
      lines.join('\n'),
      /Off is repeated here, first at line 3: this one counts; leave one of them$/m,
    );
  });

  test('what is said of a key that two have is printable, whatever the name of the other', () => {
    const lines = told(`[\u0001]\nkey = ${first}\n[bob]\nkey = ${first}\n`);
    assert.match(lines.join('\n'), /it is the key of \\u\{1\}, in line 2/);
  });

  test('users, their keys with options, doors, networks and ends', () => {
    const { users, warnings } = usersOf(
      [
        '# people',
        '[alice]',
        `key = ${first} alice # at home`,
        `KEY = from="192.0.2.0/24",expiry-time="20270101Z" ${second}`,
        'doors = ssh, web',
        '[bob]',
        `key = ${publicKeyLine(3)}`,
        'from = 192.0.2.0/25, 2001:db8::/32',
        'until = 2026-06-01 12:30 Z',
        'off = yes',
      ].join('\n'),
    );
    assert.deepEqual(warnings, []);
    const [alice, bob] = users;
    assert.deepEqual(
      [alice?.name, alice?.keys.length, alice?.doors, alice?.isOff],
      ['alice', 2, ['ssh', 'web'], undefined],
    );
    assert.equal(alice?.keys[0]?.knockKey.comment, 'alice # at home');
    assert.equal(alice?.keys[1]?.knockKey.until, Date.UTC(2027, 0, 1));
    assert.deepEqual([bob?.isOff, bob?.until], [true, Date.UTC(2026, 5, 1, 12, 30)]);
  });

  test('a key is good where both its line and its user are, and until the first of both ends', () => {
    const { users } = usersOf(
      `[a]\nkey = from="192.0.2.0/24",expiry-time="20280101Z" ${first}\nfrom = 192.0.2.0/25\nuntil = 2027-01-01Z`,
    );
    const key = users[0]?.keys[0]?.knockKey;
    assert.deepEqual(
      ['192.0.2.1', '192.0.2.200', '198.51.100.1'].map((one) => key?.admits?.(address(one))),
      [true, false, false],
    );
    assert.equal(key?.until, Date.UTC(2027, 0, 1));
    const written = usersOf(`[a]\nkey = ${first}\nfrom = ::ffff:192.0.2.0/121`).users[0]?.keys[0]?.knockKey;
    assert.deepEqual(
      ['192.0.2.1', '192.0.2.200'].map((one) => written?.admits?.(address(one))),
      [true, false],
      'IPv4 written as IPv6',
    );
  });

  test('every mistake is reported with its place', () => {
    const lines = told(
      [
        'key = x',
        '[al ice]',
        '[bob]',
        'key = ssh-ed25519 AAAA',
        `key = ${first}`,
        `key = ${first} again`,
        'until = 2026-02-30',
        'from = 192.0.2.1/24',
        'off = perhaps',
        'doors =',
        'sequence = 7000',
        '[bob]',
        '[carol]',
        `key = ${first}`,
        'key = -----BEGIN OPENSSH PRIVATE KEY-----',
      ].join('\n'),
    );
    const places = lines.map((line) => line.split(': ')[0]);
    assert.deepEqual(
      [...new Set(places)].map((place) => Number(place?.split(':')[1])),
      [1, 2, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15],
      lines.join('\n'),
    );
    assert.match(lines.join('\n'), /u:6:7: the same key stands in line 5: /);
    assert.match(lines.join('\n'), /u:14:7: it is the key of bob, in line 5: /);
    assert.match(lines.join('\n'), /a user takes Key, Code, Spa, Doors, From, Until, Off$/m);
  });

  test('settings without an effect are warnings: options about logins, a user without a key, a name that is not looked up', () => {
    const lines = told(`[a]\n[b]\nkey = command="true",from="*.example.org" ${first}`);
    assert.equal(lines.length, 3);
    for (const line of lines) assert.match(line, /warning/);
  });

  test('[options] is not a section of it, and UTF-16 is reported', () => {
    assert.match(told('[options]\nUseSyslog').join(), /unknown directive|"=" is missing/);
    const utf16 = parseUsers('u', Uint8Array.of(0xff, 0xfe, 0x5b, 0), nodeCiphers);
    assert.equal(utf16.kind, 'bad');
  });
});

suite('users by name and key', () => {
  const { users } = usersOf(
    `[alice]\nkey = ${first}\ndoors = ssh\n[bob]\nkey = ${second}\n[eve]\nkey = ${publicKeyLine(3)}\noff = yes`,
  );
  const directory = new UserDirectory(users);
  const [ssh, web] = ['ssh', 'web'].map((name) =>
    doorOf(`[options]\nSigned_Port = 4000\n[${name}]\naccept = key\nopen = tcp/22`),
  );

  test('a key is found by its id, a user by his name', () => {
    for (const user of users)
      for (const key of user.keys) assert.equal(directory.findKey(key.id)?.user.name, user.name);
    assert.equal(directory.findKey(new Uint8Array(16)), undefined);
    assert.equal(directory.find('mallory'), undefined);
  });

  test('who may open a door', () => {
    const [alice, bob] = users;
    if (alice === undefined || bob === undefined || ssh === undefined || web === undefined) throw new Error();
    assert.deepEqual(
      [mayOpenSomehow(alice, ssh), mayOpenSomehow(alice, web), mayOpenSomehow(bob, web)],
      [true, false, true],
    );
    assert.equal(mayOpenSomehow(bob, { ...ssh, users: ['alice'] }), false);
    assert.equal(doorFor(alice, '', [ssh, web])?.name, 'ssh');
    assert.equal(doorFor(bob, '', [ssh, web]), undefined, 'he may open two');
    assert.equal(doorFor(bob, 'web', [ssh, web])?.name, 'web');
  });

  test('who is off, has lost the key or is past his time may hold no door any more', () => {
    const now = instant(0);
    const holds = (name: string) =>
      directory.mayHold(name, directory.find(name)?.keys[0]?.fingerprint ?? '', ssh, now);
    assert.deepEqual(['alice', 'bob', 'eve', 'mallory'].map(holds), [true, true, false, false]);
    assert.equal(directory.mayHold('alice', 'SHA256:other', ssh, now), false);
    assert.equal(directory.mayHold('alice', users[0]?.keys[0]?.fingerprint ?? '', web, now), false);
    const fingerprint = users[1]?.keys[0]?.fingerprint ?? '';
    const ended = directoryOf(`[bob]\nkey = ${publicKeyLine(2)}\nuntil = 2027-01-01Z\n`);
    const end = instant(Date.UTC(2027, 0, 1));
    const before = instant(end - 1);
    assert.deepEqual(
      [before, end].map((at) => ended.mayHold('bob', fingerprint, ssh, at)),
      [true, false],
    );
    assert.deepEqual([ended.hasEnded(before, end), ended.hasEnded(end, instant(end + 1))], [true, false]);
    assert.equal(ended.without('bob', fingerprint).mayHold('bob', fingerprint, ssh, before), false);
    assert.equal(ended.without('bob').find('bob'), undefined);
  });
});

test('no mistake around a secret quotes it: the log keeps what is said', () => {
  const secrets = ['KIVSO2RVNPPTSAJ57K7KFTKD4FA6ZSPI', 'MDEyMzQ1Njc4OWFiY2RlZm1ub3BxcnN0dXZ3eHl6QUI='];
  const lines = ([code, spa]: readonly string[]): string[] => [
    `code = ${code}`,
    `[alice]\ncode ${code}`,
    `[alice] code = ${code}`,
    `[alice code = ${code}`,
    `[alice]\ncode = ${code} # of my phone`,
    `[alice]\ncode = ${code?.slice(0, 16)} # ${code?.slice(16)}`,
    `[alice]\ncode = ${code?.slice(0, 20)}\n${code?.slice(20)}`,
    `[alice]\ncode = ${code}1`,
    `[alice]\nCode: ${code}`,
    `[alice]\nsecret = ${code}`,
    `spa = key ${spa} no-hmac cbc`,
    `[alice]\nspa key ${spa} no-hmac cbc`,
    `[alice]\nspa = key ${spa} no-hmac cbc ${spa}`,
    `[alice]\nspa = key ${spa} hmac\n${spa} sha256`,
    `[alice]\nspa = ${spa}`,
    `[alice]\nspa = key ${spa}x hmac ${spa}x`,
    `[alice]\nspa = key ${spa} no-hmac user ${spa}`,
    `[alice]\nspa = key x hmac ${spa} ${spa}`,
    `[alice]\nKEY_BASE64 ${spa}\nHMAC_KEY_BASE64: ${spa}`,
  ];
  const all = secrets.flatMap((secret) =>
    Array.from({ length: secret.length - 9 }, (_, at) => secret.slice(at, at + 10)),
  );
  for (const text of lines(secrets)) {
    const found = told(text);
    assert.notEqual(found.length, 0, text);
    for (const message of found)
      assert.ok(!all.some((part) => message.includes(part)), `${text}\n${message}`);
  }
});

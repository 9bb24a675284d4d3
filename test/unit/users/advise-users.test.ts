import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { advise } from '../../../src/core/config/advice/advise.ts';
import type { HostFacts } from '../../../src/core/config/advice/written-door.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { adviseUsers } from '../../../src/core/users/advise-users.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const HOST: HostFacts = {
  serves: () => false,
  hasProgram: () => true,
  hasIpv6: true,
  blindShare: () => undefined,
  localPorts: { first: 32_768, last: 60_999 },
  interfaces: undefined,
  hasDirectoryOf: () => true,
  endsLeases: () => true,
  blockingRuleIn: () => undefined,
};

function idsOf(config: string, users: readonly string[], serves = false): readonly string[] {
  const host = { ...HOST, serves: (protocol: string) => serves && protocol === 'udp', users };
  return advise('c', bytes(config), new Map(), host).map(({ id = '', place }) => `${place.line} ${id}`);
}

const OPTIONS = '[options]\nSigned_Port = 4711\n';
const GOOD = '[ssh]\naccept = key\nopen = tcp/9\nopen_for = 60\n';

suite('advice about proofs', () => {
  test('a door for keys alone has no sequence that could be unwise', () =>
    assert.deepEqual(
      idsOf(OPTIONS + GOOD, ['alice']).filter((id) => !id.endsWith(' no-service')),
      [],
    ));

  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['users that there are not', `${OPTIONS + GOOD}users = alice, carol\n`, ['7 unknown-user']],
    ['a maximum below the time', `${OPTIONS + GOOD}max_open_for = 30\n`, ['7 short-maximum']],
    [
      'a source that cannot be learned',
      `${OPTIONS}Reply = no\n${GOOD}require_source = yes\n`,
      ['8 no-reply'],
    ],
  ];
  for (const [name, config, expected] of cases)
    test(name, () =>
      assert.deepEqual(
        idsOf(config, ['alice']).filter((id) => !id.endsWith(' no-service')),
        expected,
      ),
    );

  test('no user at all, and a service at the port', () => {
    const found = idsOf(OPTIONS + GOOD, [], true);
    assert.ok(found.includes('3 unknown-user') && found.includes('2 served-port'), found.join());
  });

  const CODES = '[ssh]\naccept = code\nopen = tcp/9\nopen_for = 60\ncode_ports = 17, 23\n';
  const OTHER = '[web]\nsequence = 5123,9471,17012\ntcpflags = syn\nopen_for = 60\nopen = tcp/';
  for (const [name, config, host] of [
    ['a service', CODES, { serves: (_: string, port: number) => port === 23_080 }],
    ['a knock port', `${CODES}${OTHER}80\n`, {}],
    ['a port that a door opens', `${CODES}${OTHER.replace('17012', '3012')}23100\n`, {}],
    ['the local ports', CODES, { localPorts: { first: 20_000, last: 60_999 } }],
    ['signed knocks', `[options]\nSigned_Port = 17001\n${CODES}`, {}],
  ] as const)
    test(`${name} in a block of codes`, () => {
      const found = advise('c', bytes(config), new Map(), { ...HOST, users: ['alice'], ...host });
      const told = found.filter(({ id }) => id === 'code-ports');
      assert.equal(told.length, 1, JSON.stringify(found));
    });

  test('nothing in a block of codes', () =>
    assert.ok(
      !idsOf(`${CODES}${OTHER.replace('17012', '3012')}80\n`, ['alice'])
        .join()
        .includes('code-ports'),
    ));

  test('doors that a user cannot open are reported with their places', () => {
    const config = parseConfig(
      'c',
      bytes(
        `${OPTIONS + GOOD}[web]\naccept = key\nusers = bob\nopen = tcp/80\n[old]\nsequence = 7\nopen = tcp/81\n`,
      ),
    );
    assert.equal(config.kind, 'ok');
    if (config.kind !== 'ok') return;
    const found = adviseUsers('u', bytes('[alice]\ndoors = ssh, web, old, none\n'), config.config.doors);
    assert.deepEqual(
      found.map(({ id, place }) => [id, place.line, place.column]),
      [
        ['unknown-door', 2, 14],
        ['unknown-door', 2, 19],
        ['unknown-door', 2, 24],
      ],
    );
  });

  test('weak keys of fwknop, or so many that each packet takes long, are reported with their places', () => {
    const key = (length: number, seed = 0): string => Buffer.alloc(length, `${seed} key`).toString('base64');
    const good = `key ${key(32)} hmac ${key(64)}`;
    const idsIn = (text: string): readonly string[] =>
      adviseUsers('u', bytes(text), []).map(({ id = '', place }) => `${place.line} ${id}`);
    assert.deepEqual(idsIn(`[a]\nspa = ${good}\n`), []);
    assert.deepEqual(idsIn(`[a]\nspa = key ${key(32)} no-hmac\n`), ['2 no-hmac']);
    assert.deepEqual(idsIn(`[a]\nspa = ${good} ecb\nspa = ${good} legacy`), ['2 weak-mode', '3 weak-mode']);
    assert.deepEqual(idsIn(`[a]\nspa = key ${key(8)} hmac ${key(64)}\n`), ['2 short-key']);
    const many = Array.from({ length: 25 }, (_, i) => `[u${i}]\nspa = key ${key(32, i)} hmac ${key(64)}`);
    assert.deepEqual(idsIn(many.join('\n')), ['42 many-spa-keys']);
  });

  test('a service at the port for SPA, and a door for SPA without a user', () => {
    const found = idsOf('[ssh]\naccept = spa\nopen = tcp/9\nopen_for = 60\n', [], true);
    assert.ok(found.includes('2 served-port') && found.includes('1 unknown-user'), found.join());
    const other = idsOf(
      '[options]\nSPA_Transports = icmp\n[ssh]\naccept = spa\nopen = tcp/9\nopen_for = 60\n',
      [],
      true,
    );
    assert.ok(!other.some((id) => id.endsWith(' served-port')), other.join());
  });
});

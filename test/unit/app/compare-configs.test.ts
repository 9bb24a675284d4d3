import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareConfigs, type Loaded } from '../../../src/app/daemon/reload/compare-configs.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { Member } from '../../../src/core/fleet/member.ts';
import { parseUsers } from '../../../src/core/users/parse-users.ts';
import { UserDirectory } from '../../../src/core/users/user-directory.ts';
import { nodeCiphers } from '../../../src/host/crypto/node-ciphers.ts';
import { publicKeyLine } from '../users/key-lines.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function loaded(users: string | undefined, secret = 1): Loaded {
  const config = parseConfig('k', bytes('[ssh]\naccept = code\ncode_ports = 17, 23\nopen = tcp/22\n'));
  const parsed = parseUsers('u', bytes(users ?? ''), nodeCiphers);
  assert.ok(config.kind === 'ok' && parsed.kind === 'ok');
  const serverKeys = [{ secret: new Uint8Array(32).fill(secret) }] as never;
  const authority = users === undefined ? undefined : { users: new UserDirectory(parsed.users), serverKeys };
  return { config: config.config, authority, fleet: undefined };
}

const ALICE = `[alice]\nkey = ${publicKeyLine(1)}\n`;
const BOB = `[bob]\nkey = ${publicKeyLine(2)}\n`;

test('a reload names the users that are new, gone or different, and the server’s key', () => {
  const users = (before: string | undefined, now: string | undefined): readonly string[] =>
    compareConfigs(loaded(before), loaded(now)).users ?? [];
  assert.deepEqual(users(ALICE, ALICE), []);
  assert.deepEqual(users(ALICE + BOB, BOB + ALICE), []);
  assert.deepEqual(users(ALICE, ALICE + BOB), ['bob']);
  assert.deepEqual(users(ALICE + BOB, ALICE), ['bob']);
  assert.deepEqual(users(ALICE, `${ALICE}until = 2030-01-01\n`), ['alice']);
  assert.deepEqual(users(ALICE, `${ALICE}off = yes\n`), ['alice']);
  assert.deepEqual(users(ALICE, `${ALICE}key = ${publicKeyLine(3)}\n`), ['alice']);
  assert.deepEqual(users(`${ALICE}code = ${'Q'.repeat(32)}\n`, `${ALICE}code = ${'R'.repeat(32)}\n`), [
    'alice',
  ]);
  assert.deepEqual(users(undefined, ALICE), ['alice']);
  assert.deepEqual(compareConfigs(loaded(ALICE, 1), loaded(ALICE, 2)).settings, ['the server’s key']);
});

test('a reload names the members of the fleet that are new, gone or different', () => {
  const member = (name: string, line: number, doors: Member['doors'] = 'all'): Member => {
    const key = { kind: 'ed25519', point: new Uint8Array(32).fill(name.charCodeAt(0)) } as const;
    return { name, key, doors, bans: false, line };
  };
  const fleet = (...members: readonly Member[]): Loaded => ({
    ...loaded(undefined),
    fleet: { key: undefined as never, members: new Map(members.map((one) => [one.name, one])) },
  });
  const key = { point: new Uint8Array(32) } as never;
  const members = (before: Loaded, now: Loaded): readonly string[] => {
    const withKey = (one: Loaded): Loaded => ({ ...one, fleet: one.fleet && { ...one.fleet, key } });
    return compareConfigs(withKey(before), withKey(now)).members ?? [];
  };
  assert.deepEqual(members(fleet(member('a', 1)), fleet(member('a', 7))), []);
  assert.deepEqual(members(fleet(member('a', 1)), fleet(member('a', 1), member('b', 2))), ['b']);
  assert.deepEqual(members(fleet(member('a', 1)), fleet(member('a', 1, ['ssh']))), ['a']);
  assert.deepEqual(members(fleet(member('a', 1)), loaded(undefined)), ['a']);
});

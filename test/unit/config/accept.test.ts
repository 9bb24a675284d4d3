import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';

function read(...lines: readonly string[]) {
  const result = parseConfig('c', new TextEncoder().encode(lines.join('\n')));
  if (result.kind === 'ok') return { ...result.config, told: result.warnings.map(renderDiagnostic) };
  return { doors: [], settings: undefined, told: result.diagnostics.map(renderDiagnostic) };
}

suite('doors that accept keys', () => {
  test('in place of a sequence, with all that belongs to it', () => {
    const { doors, settings, told } = read(
      '[options]',
      'Signed_Port = 40617',
      'Users_File = /srv/users',
      'Server_Key = /srv/key',
      'Reply = no',
      'Clock_Window = 2m',
      '[ssh]',
      'accept = Key',
      'users = alice, bob, alice',
      'max_open_for = 1h',
      'require_source = yes',
      'open = tcp/22',
    );
    assert.deepEqual(told, []);
    const { usersFile, serverKey, signedPort, reply, clockWindow } = settings ?? {};
    assert.deepEqual(
      [usersFile, serverKey, signedPort, reply, clockWindow],
      ['/srv/users', '/srv/key', 40617, 'no', 120_000],
    );
    const { sequenceSource, accept, users, maxOpenFor, requireSource } = doors[0] ?? {};
    assert.deepEqual(
      [sequenceSource, accept, users, maxOpenFor, requireSource],
      [{ kind: 'none' }, ['key'], ['alice', 'bob'], 3_600_000, true],
    );
  });

  test('beside a sequence, which need not be named', () => {
    for (const accept of ['key', 'sequence, key', 'key,sequence']) {
      const { doors } = read(
        '[options]',
        'Signed_Port = 1',
        '[a]',
        'sequence = 1',
        `accept = ${accept}`,
        'open = tcp/22',
      );
      assert.deepEqual(doors[0]?.accept, ['sequence', 'key'], accept);
      assert.equal(doors[0]?.sequenceSource.kind, 'fixed');
    }
    assert.equal('accept' in (read('[a]', 'sequence = 1', 'open = tcp/22').doors[0] ?? {}), false);
  });

  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['[a]', 'accept = key', 'open = tcp/22'], /c:2:1: .*there is no port for signed knocks: /],
    [
      ['[options]', 'Signed_Port = 0', '[a]', 'accept = key', 'open = tcp/22'],
      /^c:2:15: "0" is not a port: [^\n]*$/,
    ],
    [
      ['[options]', 'Signed_Port = 1', '[a]', 'accept = kye', 'open = tcp/22'],
      /c:4:10: "kye" proves nothing: did you mean key\? /,
    ],
    [
      ['[options]', 'Signed_Port = 1', '[a]', 'accept = sequence', 'open = tcp/22'],
      /c:4:10: the door accepts a sequence and has none: /,
    ],
    [['[options]', 'Signed_Port = 1', '[a]', 'accept =', 'open = tcp/22'], /c:4:1: a proof is missing: /],
    [
      ['[a]', 'sequence = 1', 'users = alice', 'open = tcp/22'],
      /c:3:1: Users in a door that accepts no keys, no codes, no SPA: /,
    ],
    [
      ['[a]', 'sequence = 1', 'require_source = yes', 'open = tcp/22'],
      /c:3:1: Require_Source in a door that /,
    ],
    [['[a]', 'sequence = 1', 'max_open_for = 1h', 'open = tcp/22'], /c:3:1: Max_Open_For in a door that /],
    [
      ['[options]', 'Signed_Port = 1', '[a]', 'accept = key', 'users = al!', 'open = tcp/22'],
      /c:5:9: "al!" is not a user name: /,
    ],
    [
      ['[options]', 'Signed_Port = 1', '[a]', 'accept = key', 'max_open_for = 0', 'open = tcp/22'],
      /c:5:16: Max_Open_For is 1 second at least: /,
    ],
    [
      ['[options]', 'Users_File = users.conf', '[a]', 'sequence = 1', 'open = tcp/22'],
      /c:2:14: "users.conf" is not an absolute path: /,
    ],
    [
      ['[options]', 'Clock_Window = 0', '[a]', 'sequence = 1', 'open = tcp/22'],
      /c:2:16: Clock_Window is from 1 second to 1 hour: /,
    ],
  ];
  for (const [lines, expected] of mistakes) {
    test(lines.join(' / '), () => {
      const { doors, told } = read(...lines);
      assert.deepEqual(doors, []);
      assert.match(told.join('\n'), expected);
    });
  }
});

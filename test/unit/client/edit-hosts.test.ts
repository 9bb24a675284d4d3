import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type HostLine, isHostName, removeHost, setHost } from '../../../src/core/client/edit-hosts.ts';
import { parseHosts } from '../../../src/core/client/parse-hosts.ts';
import { profileOf } from '../../../src/core/client/profile.ts';
import { seeded } from '../../lab/seed.ts';

const DOOR: readonly HostLine[] = [
  ['Door', 'ssh'],
  ['IdentityFile', '~/my keys/id'],
];

function profile(text: string, name: string) {
  const result = parseHosts('hosts.conf', new TextEncoder().encode(text), () => undefined);
  assert.ok(result.kind === 'ok', `${JSON.stringify(result)}\n${text}`);
  return profileOf(result.hosts, name);
}

describe('hosts.conf, changed', () => {
  test('a new file', () => {
    const text = setHost('', 'box', DOOR);
    assert.equal(text, 'Host box\n    Door ssh\n    IdentityFile "~/my keys/id"\n');
    assert.equal(setHost(text, 'box', DOOR), text);
  });

  test('what is there stays, with its comments, and what is set is replaced in its place', () => {
    const before =
      '# mine\nTimeout 10s\n\nHost box # here\n  Port 22\n  door=web\n  Knock 1 2 3\n\n# all\nHost *\n  Port 2222\n';
    assert.equal(
      setHost(before, 'BOX', [['Door', 'ssh']]),
      '# mine\nTimeout 10s\n\nHost box # here\n  Door ssh\n  Port 22\n  Knock 1 2 3\n\n# all\nHost *\n  Port 2222\n',
    );
  });

  test('a new block stands before those that match, for the first value counts, and behind others', () => {
    const before = 'Host other\n  Door web\n\n# all the others\nHost *\n  Door mail';
    assert.equal(
      setHost(before, 'box', [['Door', 'ssh']]),
      'Host other\n  Door web\n\nHost box\n    Door ssh\n\n# all the others\nHost *\n  Door mail',
    );
    assert.equal(
      setHost('Host other\n  Port 1', 'box', [['Door', 'ssh']]),
      'Host other\n  Port 1\n\nHost box\n    Door ssh\n',
    );
  });

  test('lines keep their ends', () => {
    assert.equal(
      setHost('Host box\r\n\tPort 22\r\n', 'box', [['Door', 'ssh']]),
      'Host box\r\n\tDoor ssh\r\n\tPort 22\r\n',
    );
  });

  test('removed is what is of this name alone', () => {
    const before = '# one\nHost box\n  Port 1\n\n# two\nHost box other\n  Port 2\n\nHost "BOX"\n  Port 3\n';
    assert.equal(removeHost(before, 'box'), '# one\n# two\nHost box other\n  Port 2\n\n');
    assert.equal(removeHost(before, 'other'), undefined);
  });

  test('names that are none', () => {
    for (const name of ['', '*', 'a*', 'a?', '!a', 'a b', 'a"b', 'a#b', 'a\nHost *', 'x'.repeat(256)])
      assert.equal(isHostName(name), false, name);
    for (const name of ['a', 'server.example.org', '2001:db8::1', 'ünter']) assert.ok(isHostName(name), name);
  });

  test('any file: the host says what was set, and nothing else changes', (t) => {
    const name = fc.constantFrom('a', 'b', 'c', '*', 'a*', '!b', '"c"');
    const line = fc.oneof(
      fc
        .tuple(
          fc.constantFrom('Door x', 'port 7', 'Retries=2', '# word', '', '  ', 'Knock 1 2'),
          fc.constantFrom('', '  ', '\t'),
        )
        .map(([text, indent]) => indent + text),
      fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `Host ${names.join(' ')}`),
    );
    const end = fc.constantFrom('', '\n');
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        end,
        fc.constantFrom('a', 'new'),
        (lines, last, host) => {
          const before = lines.join('\n') + last;
          const parsed = parseHosts('f', new TextEncoder().encode(before), () => undefined);
          // What stands before the first Host is for all, and counts first.
          const common = before.split(/^\s*Host/m)[0] ?? '';
          if (parsed.kind === 'bad' || common.includes('Door x')) return;
          const after = setHost(before, host, [['Door', 'mine']]);
          assert.equal(profile(after, host).door, 'mine');
          for (const other of ['b', 'c', 'abc', 'zzz'])
            assert.deepEqual(profile(after, other), profile(before, other));
          const { door: _, ...rest } = profile(after, host);
          const { door: __, ...restBefore } = profile(before, host);
          assert.deepEqual(rest, restBefore);
          assert.equal(setHost(after, host, [['Door', 'mine']]), after);
        },
      ),
      seeded(t, { numRuns: 500 }),
    );
  });
});

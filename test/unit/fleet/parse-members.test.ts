import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { memberLine } from '../../../src/core/fleet/member-line.ts';
import { parseMembers } from '../../../src/core/fleet/parse-members.ts';
import { memberKeyOf } from '../../../src/host/crypto/member-key.ts';

const keyLine = (name: string): { readonly line: string; readonly point: Uint8Array } => {
  const { point } = memberKeyOf(randomBytes(32));
  return { line: memberLine(name, point), point };
};

const read = (text: string) => parseMembers('members', Buffer.from(text));

const mistakes = (text: string): readonly string[] => {
  const result = read(text);
  return result.kind === 'ok' ? [] : result.diagnostics.map(({ message }) => message);
};

describe('the members of a fleet', () => {
  test('are read with their keys and rights', () => {
    const [a, b, c] = [keyLine('gw1'), keyLine('gw2'), keyLine('gw-3.example')];
    const result = read(
      `# the fleet\n\n${a.line}\n  ${b.line}\tdoors=ssh,web bans\r\n${c.line} doors=ssh doors=*\n`,
    );
    assert.ok(result.kind === 'ok');
    assert.deepEqual(
      result.members.map(({ name, doors, bans, line }) => ({ name, doors, bans, line })),
      [
        { name: 'gw1', doors: [], bans: false, line: 3 },
        { name: 'gw2', doors: ['ssh', 'web'], bans: true, line: 4 },
        { name: 'gw-3.example', doors: 'all', bans: false, line: 5 },
      ],
    );
    assert.deepEqual(
      result.members.map(({ key }) => key.kind === 'ed25519' && [...key.point]),
      [a, b, c].map(({ point }) => [...point]),
    );
  });

  const { line } = keyLine('gw1');
  const other = keyLine('gw1').line;
  const wrong = [
    ['gw1', /this is no member: a line is NAME ssh-ed25519 KEY/],
    [line.replace('gw1', '-gw'), /"-gw" is not the name of a member/],
    [line.replace('ssh-ed25519 ', 'ssh-rsa '), /"ssh-rsa" is not a type of key for members/],
    [line.slice(0, -8), /copy the line that `bussa fleet init` has shown/],
    [`${line} doors=`, /the name of a door is missing/],
    [`${line} # mine`, /"#" is no right of a member.*comment on a line of its own/],
    [`${line} ban`, /"ban" is no right of a member/],
    [`${line}\n${other}`, /"gw1" is a member already, in line 1/],
    [`${line}\n${line.replace('gw1', 'gw2')}`, /another member has this key, in line 1/],
    [Array.from({ length: 65 }, (_, n) => keyLine(`gw${n}`).line).join('\n'), /more than 64 members/],
  ] as const;
  for (const [text, words] of wrong) {
    test(`a mistake is reported: ${String(words)}`, () => {
      const told = mistakes(text);
      assert.ok(
        told.some((one) => words.test(one)),
        told.join('\n') || 'nothing is told',
      );
    });
  }
});

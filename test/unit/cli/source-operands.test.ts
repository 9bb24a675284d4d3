import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSource } from '../../../src/cli/arguments/parse-source.ts';
import type { Environment, Output } from '../../../src/cli/arguments/verb.ts';
import { parseBussaCommand } from '../../../src/cli/bussa/bussa-options.ts';
import { parseBanTarget } from '../../../src/cli/daemon-verbs/ban-operand.ts';
import { renderPrefix } from '../../../src/core/net/prefix.ts';

/** What `bussa` says, and its exit status. */
async function said(words: string, environment: Environment): Promise<{ status: number; text: string }> {
  const command = parseBussaCommand(words.split(' '), environment, 'linux');
  assert.equal(command.kind, 'action', JSON.stringify(command));
  assert.ok(command.kind === 'action');
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const output: Output = {
    answer: (_value, answered) => lines.push(...answered),
    error: note,
    print: note,
    style: (_style, text) => text,
    json: false,
  };
  return { status: await command.action(output), text: lines.join('\n') };
}

describe('addresses on the command line', () => {
  test('an IPv4 address in the clothes of IPv6, as logs have it, is the IPv4 address', () => {
    assert.equal(parseSource('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(parseSource('::FFFF:c000:207'), '192.0.2.7');
    assert.equal(parseSource('2001:DB8::7'), '2001:db8::7');
    assert.equal(renderPrefix(parseBanTarget('::ffff:192.0.2.7')), '192.0.2.7');
    assert.equal(renderPrefix(parseBanTarget('::ffff:192.0.2.0/120')), '192.0.2.0/24');
    assert.equal(renderPrefix(parseBanTarget('::ffff:0:0/96')), '0.0.0.0/0');
    assert.equal(renderPrefix(parseBanTarget('::/0')), '::/0');
    assert.equal(renderPrefix(parseBanTarget('10.0.0.0/8')), '10.0.0.0/8');
  });

  test('banning your own address needs --force', async () => {
    const nowhere = '--state /nonexistent';
    for (const [peer, who] of [
      ['192.0.2.7 50022 192.0.2.1 22', '192.0.2.7'],
      ['192.0.2.7 50022 192.0.2.1 22', '0.0.0.0/0'],
      ['::ffff:192.0.2.7 50022 ::ffff:192.0.2.1 22', '192.0.2.0/24'],
      ['fe80::1%eth0 50022 fe80::2%eth0 22', 'fe80::/10'],
    ] as const) {
      const { status, text } = await said(`ban ${who} ${nowhere}`, { SSH_CONNECTION: peer });
      assert.equal(status, 1, who);
      assert.match(text, /not banned: you are connected from \S+ .* --force/);
      // Nobody is asked before; here there is nobody.
      assert.equal((await said(`ban ${who} --force ${nowhere}`, { SSH_CONNECTION: peer })).status, 69);
    }
    const other = { SSH_CONNECTION: '192.0.2.7 50022 192.0.2.1 22' };
    assert.equal((await said(`ban 198.51.100.0/24 ${nowhere}`, other)).status, 69);
  });
});

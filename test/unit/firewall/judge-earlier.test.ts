/** Whoever comes again may stand on lists that rules have put it on: neither "closed" nor "open to everybody" is true. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeStranger } from '../../../src/core/firewall/judge/judge-stranger.ts';
import { readRuleset } from '../../../src/core/firewall/judge/read-ruleset.ts';
import type { Address } from '../../../src/core/net/address.ts';

const PORT = '-p tcp -m tcp --dport 22';

function judge(policy: 'ACCEPT' | 'DROP', ...rules: readonly string[]) {
  const text = ['*filter', `:INPUT ${policy} [0:0]`, ...rules.map((one) => `-A INPUT ${one}`), 'COMMIT', ''];
  const saved = { tool: 'iptables', family: 4, backend: 'nf_tables', text: text.join('\n') } as const;
  const ruleset = readRuleset({
    nft: undefined,
    iptables: [saved],
    ipsets: 'create seen hash:ip family inet\n',
  });
  return judgeStranger(ruleset, {
    ...{ family: 4, protocol: 'tcp', port: 22, state: 'new' },
    entrances: [{ interface: 'eth0', addresses: ['198.51.100.1' as Address] }],
    routes: { routeTo: () => 'eth0' },
  });
}

test('on a list that other packets fill: closed to the first packet alone is not closed', () => {
  const fill = '-p tcp -m tcp --dport 7000 -j SET --add-set seen src';
  assert.equal(judge('DROP', `${PORT} -m recent --rcheck --name K --rsource -j ACCEPT`).kind, 'depends');
  assert.equal(judge('DROP', `${PORT} -m set --match-set seen src -j ACCEPT`, fill).kind, 'depends');
  assert.equal(judge('DROP', `${PORT} -m set --match-set seen src -j ACCEPT`).kind, 'dropped');
});

test('open to the first packet alone is not open to everybody', () => {
  const { kind, who } = judge('ACCEPT', `${PORT} -m recent --rcheck --name K --rsource -j DROP`);
  assert.deepEqual({ kind, who }, { kind: 'in', who: 'whoever comes for the first time' });
});

test('Bussa’s own lists are for those with a lease', () => {
  const list = 'bussa4-ssh-825d7f195cfee6f1';
  assert.equal(
    judge('DROP', `${PORT} -m recent --name ${list} --rsource --remove -j ACCEPT`).kind,
    'dropped',
  );
});

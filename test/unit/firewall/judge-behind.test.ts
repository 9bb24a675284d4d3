/** The judge of a port that goes through this host, to hosts behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '../../../src/core/firewall/judge/ip-range.ts';
import { judgeStranger, type Question } from '../../../src/core/firewall/judge/judge-stranger.ts';
import { renderFate } from '../../../src/core/firewall/judge/name-rule.ts';
import { readRuleset } from '../../../src/core/firewall/judge/read-ruleset.ts';
import type { Address } from '../../../src/core/net/address.ts';

/** `10.8.0.0/24` is on br0, `10.20.0.0/16` behind it, all else on eth0. */
function routeTo(_: 4 | 6, number: bigint): string {
  const address = addressOf(4, number);
  if (address === '198.51.100.1' || address === '10.8.0.1') return 'local';
  return /^10\.(8\.0|20)\./.test(address) ? 'br0' : 'eth0';
}

const QUESTION: Question = {
  family: 4,
  protocol: 'tcp',
  port: 443,
  state: 'new',
  entrances: [{ interface: 'eth0', addresses: ['198.51.100.1' as Address] }],
  routed: {
    ingresses: [{ from: 'eth0', exceptTo: ['eth0'] }],
    near: ['198.51.100.1' as Address, '10.8.0.1' as Address],
  },
  routes: { routeTo },
};

function judge(rules: string, question: Partial<Question> = {}): string {
  const text = `*filter\n:INPUT DROP [0:0]\n:FORWARD ${rules}\nCOMMIT\n`;
  const saved = { tool: 'iptables', family: 4, backend: 'nf_tables', text } as const;
  const ruleset = readRuleset({ nft: undefined, iptables: [saved], ipsets: undefined });
  const fate = judgeStranger(ruleset, { ...QUESTION, ...question });
  return `${fate.kind}: ${renderFate(fate)}`;
}

test('what is routed is followed through FORWARD, by the interfaces that it comes and goes by', () => {
  assert.match(
    judge('ACCEPT [0:0]'),
    /^in: the policy of FORWARD of iptables, through this host to 10\.8\.0\.2$/,
  );
  assert.match(judge('DROP [0:0]'), /^dropped/);
  assert.match(
    judge('ACCEPT [0:0]\n-A FORWARD -i eth0 ! -o eth0 -p tcp -m tcp --dport 443 -j DROP'),
    /^dropped/,
  );
  assert.match(judge('ACCEPT [0:0]\n-A FORWARD -i eth0 -o docker0 -j DROP'), /^in/);
  assert.match(judge('DROP [0:0]\n-A FORWARD -i br0 -j ACCEPT'), /^dropped/);
});

test('a host that only a rule names is tried as well', () => {
  assert.match(
    judge('DROP [0:0]\n-A FORWARD -d 10.20.0.5/32 -p tcp -m tcp --dport 443 -j ACCEPT'),
    /^in: .*through this host to 10\.20\.0\.5/,
  );
  assert.match(judge('DROP [0:0]\n-A FORWARD -d 203.0.113.5/32 -j ACCEPT'), /^dropped/);
});

test('without a forward port, or where the host sends nothing on, nothing is routed', () => {
  const { routed: _, ...input } = QUESTION;
  const rules = readRuleset({ nft: undefined, iptables: [], ipsets: undefined });
  assert.equal(judgeStranger(rules, { ...input, entrances: [] }).kind, 'dropped');
  assert.match(judge('ACCEPT [0:0]', { routes: { routeTo, sendsOn: () => false } }), /^dropped/);
});

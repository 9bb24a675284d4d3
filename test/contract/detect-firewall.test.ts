/** What `auto` finds on real hosts, each a network namespace. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FirewallChoice } from '../../src/core/firewall/choose-firewall.ts';
import { moduleOf } from '../lab/child-module.ts';
import { Namespace } from '../lab/namespace.ts';

const DETECT = `
  const { detectFirewall } = await import(${JSON.stringify(moduleOf('host/firewall/choice/detect-firewall.ts'))});
  console.log(JSON.stringify(await detectFirewall()));
`;
const CLOSED_NFT = 'table inet fw { chain in { type filter hook input priority filter; policy drop; }; }';
const ENDING_NFT =
  'table inet fw { chain in { type filter hook input priority filter; ct state established accept; counter reject; }; }';

/** Shell text that makes the host, and what is chosen there. */
const HOSTS: readonly (readonly [string, string, string])[] = [
  ['nothing at all', ':', 'own-table'],
  ['nftables with policy drop', `nft '${CLOSED_NFT}'`, 'attach inet fw in'],
  [
    'nftables with policy drop on both paths',
    `nft '${CLOSED_NFT}'; nft 'table inet fw { chain through { type filter hook forward priority filter; policy drop; }; }'`,
    'attach inet fw in, inet fw through',
  ],
  ['nftables with a last rule that rejects', `nft '${ENDING_NFT}'`, 'attach inet fw in'],
  [
    'nftables that rejects in a chain behind the last rule',
    `nft 'table inet fw { chain rest { counter reject; }; chain in { type filter hook input priority filter; ct state established accept; jump rest; }; }'`,
    'attach inet fw in',
  ],
  ['iptables with policy DROP', 'iptables -P INPUT DROP; ip6tables -P INPUT DROP', 'iptables'],
  ['iptables with policy DROP for IPv6 alone', 'ip6tables -P INPUT DROP', 'iptables'],
  [
    'a rule of iptables with a match of its own',
    'iptables -A INPUT -m addrtype --dst-type LOCAL -j ACCEPT',
    'iptables',
  ],
  ['iptables-legacy with policy DROP', 'iptables-legacy -P INPUT DROP', 'iptables-legacy'],
  ['tables of iptables without a rule', 'iptables -A INPUT -j ACCEPT; iptables -F', 'own-table'],
  [
    'nftables with policy drop, and a container runtime’s rules of iptables',
    `nft '${CLOSED_NFT}'; iptables -N DOCKER; iptables -P FORWARD DROP; iptables -A FORWARD -j DOCKER`,
    'attach inet fw in',
  ],
  [
    'a table by the name of iptables’ with what iptables cannot read',
    `nft 'table ip filter { chain INPUT { type filter hook input priority filter; policy drop; ip saddr { 10.0.0.1, 10.0.0.2 } meta length { 1-9, 20 } tcp dport . ip saddr { 22 . 10.0.0.1 } accept; }; }'`,
    'attach ip filter INPUT',
  ],
];

describe('the firewall of a host', { concurrency: 2 }, () => {
  for (const [name, arrange, expected] of HOSTS) {
    test(`${name}: ${expected}`, async () => {
      await using host = await Namespace.create();
      await host.run('sh', '-ec', arrange);
      const before = await listAll(host);
      const node = [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
      ] as const;
      const choice = JSON.parse(await host.run(...node, '--eval', DETECT)) as FirewallChoice;
      assert.equal(inShort(choice), expected, choice.why);
      assert.ok(choice.why.length > 20 && !choice.why.includes('\n'), choice.why);
      assert.equal(await listAll(host), before, 'looking has changed something');
    });
  }
});

/** All rules, and the tables of iptables-legacy that are in use. */
async function listAll(host: Namespace): Promise<string> {
  return host.run('sh', '-c', 'nft list ruleset; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names');
}

function inShort(choice: FirewallChoice): string {
  if (choice.kind === 'iptables') return choice.variant;
  if (choice.kind !== 'attach') return choice.kind;
  return `attach ${choice.points.map(({ family, table, chain }) => `${family} ${table} ${chain}`).join(', ')}`;
}

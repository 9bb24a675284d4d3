/** After a stop the ruleset is what it was before the start, byte for byte, after a crash in between as well. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { gate } from '../lab/example-gates.ts';
import { Namespace } from '../lab/namespace.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { somePairs } from '../lab/some-pairs.ts';
import type { DriverAdapter } from './firewall-driver.ts';
import { Driver } from './firewall-fixture.ts';
import { renderOwnerRuleset, renderOwnerTables } from './owner-rulesets.ts';

const DRIVER = new URL('firewall-driver.ts', import.meta.url).pathname;
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
const GATES = [
  gate('ssh', 'tcp/22, udp/51820'),
  gate('web', 'tcp/8080 forward'),
  gate('once', 'tcp/23', true),
  { ...gate('cut', 'tcp/24, udp/25 forward'), closeKills: true },
];
const GRANTS = [
  { door: 'ssh', source: '192.0.2.7', left: 60_000 },
  { door: 'cut', source: '2001:db8::7', left: 60_000 },
];
/** A table of iptables-legacy that has been asked for is there for good, with nothing in it: its rules are compared. */
const LIST = `nft -s list ruleset
{ iptables-legacy-save; ip6tables-legacy-save; } | grep -e '^-' -e DROP
ipset list -n`;
const RULESETS = repeats('BUSSA_OWNER_RULESETS', { quick: 2, full: 4 });

const iptables = (rest: Partial<Extract<DriverAdapter, { kind: 'iptables' }>> = {}): DriverAdapter => ({
  kind: 'iptables',
  ...rest,
});
const ADAPTERS: readonly (readonly [string, DriverAdapter])[] = [
  ['nftables', { kind: 'nftables' }],
  ['iptables with ipset', iptables()],
  ['iptables without ipset', iptables({ ipset: false })],
  ['iptables-legacy', iptables({ variant: 'iptables-legacy' })],
];

/** Hosts that have little or nothing, and the shell text that makes each. */
const HOSTS: readonly (readonly [string, string])[] = [
  ['nothing at all', ':'],
  ['an empty table', 'nft add table ip filter'],
  ['a table of IPv4 alone', 'iptables -A INPUT -i lo -j ACCEPT'],
  ['a policy alone', 'iptables -P FORWARD DROP'],
  ['rules that have gone', 'iptables -A INPUT -j ACCEPT; iptables -F'],
  ['a chain that nothing jumps to', 'ip6tables -N spare'],
  ['a set in an empty table', 'nft "add table ip6 filter; add set ip6 filter s { type ipv4_addr; }"'],
];

describe('after a stop nothing of Bussa is left', { concurrency: 2 }, () => {
  for (const [[host, arrange], [name, adapter]] of somePairs(HOSTS, ADAPTERS)) {
    test(`${name}, on a host that has ${host}`, () => assertNothingLeft(host, arrange, adapter));
  }

  test('on generated hosts, in the firewall that is found there', async (t) => {
    const random = seededRandom(t);
    for (let n = 0; n < RULESETS; n++) {
      const nft = `printf '%s' '${renderOwnerRuleset(random)}' | nft -f -`;
      await assertNothingLeft(nft, nft, { kind: 'auto' });
      const tables = renderOwnerTables(random);
      const loaded = [
        `printf '%s' '${tables.replace('ICMP', 'icmp')}' | iptables-restore`,
        `printf '%s' '${tables.replace('ICMP', 'ipv6-icmp')}' | ip6tables-restore`,
      ].slice(0, 1 + (n % 2));
      await assertNothingLeft(tables, loaded.join('\n'), { kind: 'auto' });
    }
  });

  test('rules of others in chains that Bussa created stay', async () => {
    await using host = await Namespace.create();
    await using firewall = await open(host, iptables());
    await firewall.install(GATES, []);
    await host.run('ip6tables', '-A', 'INPUT', '-s', '2001:db8::9', '-j', 'DROP');
    await host.run('iptables', '-P', 'FORWARD', 'DROP');
    await firewall.remove();
    const left = await host.run('nft', '-s', 'list', 'ruleset');
    assert.match(left, /chain INPUT \{[^}]*ip6 saddr 2001:db8::9 .*drop/);
    assert.match(left, /chain FORWARD \{[^}]*policy drop/);
    assert.doesNotMatch(left, /BUSSA|OUTPUT/);
  });
});

async function assertNothingLeft(name: string, arrange: string, adapter: DriverAdapter): Promise<void> {
  await using host = await Namespace.create();
  await host.run('sh', '-ec', arrange);
  const before = await host.run('sh', '-c', LIST);
  await using firewall = await open(host, adapter);
  await firewall.install(GATES, GRANTS);
  assert.notEqual(await host.run('sh', '-c', LIST), before);
  await firewall.remove();
  assert.equal(await host.run('sh', '-c', LIST), before, name);
  await firewall.install(GATES, GRANTS);
  await firewall.install(GATES.slice(0, 1), []);
  await firewall.kill();
  await using next = await open(host, adapter);
  await next.install(GATES, []);
  await next.remove();
  assert.equal(await host.run('sh', '-c', LIST), before, `after a crash: ${name}`);
}

async function open(host: Namespace, adapter: DriverAdapter): Promise<Driver> {
  const program = host.start(...NODE, DRIVER, JSON.stringify(adapter));
  await program.saw(/^opened /m);
  return new Driver(program);
}

/** What is nftables' alone: where it attaches, what it refuses, what it leaves to others, and how long it takes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AttachPoint, parseAttachPoint } from '../../src/core/door/attach-point.ts';
import type { Gate } from '../../src/host/firewall/contract/firewall.ts';
import { NetService } from '../lab/net-service.ts';
import { CLIENT, CLIENT6, SERVER6 } from '../lab/wire.ts';
import { FirewallFixture, FREE_PORT, feedNft, type Situation } from './firewall-fixture.ts';

const TWO_FAMILIES = `
table ip filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    jump services
  }
  chain services {
    tcp dport 4444 accept
  }
  chain idle {
  }
}
table ip6 closed {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established accept
    ct status dnat accept
  }
}
table ip6 filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    meta l4proto ipv6-icmp accept
    tcp dport 4444 accept
    jump both
  }
  chain both {
  }
  chain forward {
    type filter hook forward priority filter; policy accept;
    jump both
  }
}`;

const FOUR_ALONE = TWO_FAMILIES.slice(0, TWO_FAMILIES.indexOf('table ip6'));

const attach = (...texts: readonly string[]): { kind: 'nftables'; attach: AttachPoint[] } => ({
  kind: 'nftables',
  attach: texts.map((text) => parseAttachPoint(text) ?? assert.fail(text)),
});

const HOST: Situation = {
  name: 'a table for each family',
  adapter: attach('ip filter services', 'ip6 filter input'),
  closesByItself: true,
  arrange: (server) => feedNft(server, TWO_FAMILIES),
  flush: async (server) => {
    await server.run('nft', 'flush', 'ruleset');
  },
  list: (server) => server.run('nft', 'list', 'ruleset'),
};

const tcp = (port: number, path: 'input' | 'forward' = 'input') =>
  ({ protocol: 'tcp', first: port, last: port, path }) as Gate['ports'][0];
const SSH: Gate = { door: 'ssh', ports: [tcp(22)], singleUse: false };
const WEB: Gate = { door: 'web', ports: [tcp(8080, 'forward')], singleUse: false };
const MINUTE = 60_000;

describe('nftables', { concurrency: 2 }, () => {
  test('a chain that others jump to, and a table for each family', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using prober = await stage.openProber();
    await using firewall = await stage.openFirewall();
    const before = await stage.list();
    await firewall.install([SSH]);
    for (const source of [CLIENT, CLIENT6]) {
      await prober.assertShut('tcp', source, 22);
      await firewall.grant('ssh', source, MINUTE);
      await prober.assertOpen('tcp', source, 22);
    }
    await firewall.remove();
    assert.equal(await stage.list(), before);
  });

  test('another way to stand: nothing of the earlier one is left', async () => {
    await using stage = await FirewallFixture.create(HOST);
    const before = await stage.list();
    for (const adapter of [
      HOST.adapter,
      { kind: 'nftables' } as const,
      attach('ip filter input', 'ip6 filter input'),
    ]) {
      await using firewall = await stage.openFirewall(adapter);
      await firewall.install([SSH]);
      await firewall.grant('ssh', CLIENT, MINUTE);
      const listed = await stage.list();
      assert.equal(listed.match(/^table inet bussa/gm)?.length, 1);
      assert.equal(listed.match(/^\t\tjump bussa_input$/gm)?.length, 'attach' in adapter ? 2 : undefined);
    }
    await using firewall = await stage.openFirewall({ kind: 'nftables' });
    await firewall.remove();
    assert.equal(await stage.list(), before);
  });

  for (const adapter of [{ kind: 'nftables' } as const, HOST.adapter]) {
    const where = 'attach' in adapter ? 'attached' : 'in a table of its own';
    test(`a ruleset that is saved and loaded again, with a lease that is over since, is noticed: ${where}`, async () => {
      await using stage = await FirewallFixture.create(HOST);
      const { server } = stage.wire;
      await using firewall = await stage.openFirewall(adapter);
      await firewall.install([SSH]);
      await firewall.grant('ssh', CLIENT, MINUTE);
      const saved = await stage.list();
      await firewall.revoke('ssh', CLIENT);
      assert.equal(await firewall.isInPlace(), true);
      await feedNft(server, `flush ruleset\n${saved}`);
      assert.match(await stage.list(), /10\.7\.0\.2 timeout/);
      assert.equal(await firewall.isInPlace(), false);
      await firewall.install([SSH]);
      assert.doesNotMatch(await stage.list(), /10\.7\.0\.2 timeout/);
      assert.equal(await firewall.isInPlace(), true);
    });
  }

  test('connections from inside to such a port elsewhere pass', async () => {
    await using stage = await FirewallFixture.create({ ...HOST, arrange: async () => undefined });
    const { client } = stage.wire;
    await client.ip('route add 10.8.0.0/24 via 10.7.0.1');
    await NetService.start(client.name, 'portService', 'tcp/8080').saw(/serving/);
    await using firewall = await stage.openFirewall({ kind: 'nftables' });
    await firewall.install([{ ...WEB, ingresses: [{ from: 'eth0', exceptTo: ['eth0'] }] }]);
    await using outside = await stage.openProber();
    await outside.assertShut('tcp', CLIENT, 8080);
    await using inside = await stage.openProber(stage.inner);
    const { open } = await inside.probe('tcp', '10.8.0.2', CLIENT, 8080, { waitMs: 10_000 });
    assert.ok(open);
  });

  test('attached at forward alone: what this host listens on itself is closed in a table beside', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using prober = await stage.openProber();
    const before = await stage.list();
    await using firewall = await stage.openFirewall(attach('ip6 filter forward'));
    const port = tcp(FREE_PORT, 'forward');
    await firewall.install([{ ...WEB, ports: [port] }]);
    const isOpen = async (): Promise<boolean> =>
      (await prober.probe('tcp', CLIENT6, SERVER6, FREE_PORT)).open;
    assert.equal(await isOpen(), false);
    await firewall.grant('web', CLIENT6, MINUTE);
    assert.equal(await isOpen(), true);
    assert.equal(await firewall.isInPlace(), true);
    await firewall.remove();
    assert.equal(await stage.list(), before);
  });

  const refusals: readonly (readonly [string, ReturnType<typeof attach>, Gate, RegExp])[] = [
    [
      'no such table',
      attach('inet filter input'),
      SSH,
      /attach = inet filter input: there is no table inet filter/,
    ],
    ['no such chain', attach('ip filter inputs'), SSH, /ip filter inputs: the table has no such chain/],
    ['a chain on no hook', attach('ip filter idle'), SSH, /ip filter idle: the chain is at no hook/],
    ['a chain on two hooks', attach('ip6 filter both'), SSH, /is at the hooks input, forward; name one/],
    [
      'no chain in the forward path',
      attach('ip filter input'),
      WEB,
      /door web opens a port in the forward path, where ip6 closed forward drops, and attach names no chain there/,
    ],
  ];
  for (const [name, adapter, gate, expected] of refusals) {
    test(`refused, and nothing is changed: ${name}`, async () => {
      await using stage = await FirewallFixture.create(HOST);
      await using firewall = await stage.openFirewall(adapter);
      const before = await stage.list();
      await assert.rejects(firewall.install([gate]), expected);
      assert.equal(await stage.list(), before);
      assert.equal(await firewall.isInPlace(), false);
    });
  }

  test('a source that no table sees is refused', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using firewall = await stage.openFirewall(attach('ip filter input'));
    await firewall.install([SSH]);
    await assert.rejects(firewall.grant('ssh', CLIENT6, MINUTE), /door ssh for fd07::2: .* inet or ip6/);
    await firewall.grant('ssh', CLIENT, MINUTE);
  });

  test('a source that no table in attach sees, and that no rule drops, is let in', async () => {
    await using stage = await FirewallFixture.create({
      ...HOST,
      arrange: (server) => feedNft(server, FOUR_ALONE),
    });
    await using prober = await stage.openProber();
    await using firewall = await stage.openFirewall(attach('ip filter input'));
    await firewall.install([SSH]);
    await prober.assertShut('tcp', CLIENT6, 22);
    await firewall.grant('ssh', CLIENT6, MINUTE);
    await prober.assertOpen('tcp', CLIENT6, 22);
  });

  test('while the rules are gone, opening fails and closing does not', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using firewall = await stage.openFirewall();
    await firewall.install([SSH]);
    await stage.wire.server.run('nft', 'flush', 'ruleset');
    await assert.rejects(
      firewall.grant('ssh', CLIENT, MINUTE),
      /FirewallError: cannot open door ssh for 10\.7\.0\.2 in nftables, attached to .*ENOENT/,
    );
    await firewall.revoke('ssh', CLIENT);
    assert.equal(await firewall.isInPlace(), false);
    await assert.rejects(firewall.install([SSH]), /there is no table ip filter/);
  });

  test('the watch hears others, and nothing of what this process does', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using firewall = await stage.openFirewall();
    await firewall.watch();
    await firewall.install([SSH]);
    for (let n = 0; n < 50; n++) await firewall.grant('ssh', CLIENT, MINUTE);
    // The watch reads in order: once it has heard this, it has heard all before.
    await stage.wire.server.run('nft', 'add', 'table', 'inet', 'others');
    await firewall.changed(1);
    assert.equal(firewall.changes, 1);
    assert.equal(await firewall.isInPlace(), true, 'what others do elsewhere leaves it in place');
    await stage.wire.server.run('nft', 'flush', 'chain', 'ip', 'filter', 'bussa_input');
    await firewall.changed(2);
    assert.equal(await firewall.isInPlace(), false);
  });

  test('a door opens in less than two milliseconds, in the median', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using firewall = await stage.openFirewall({ kind: 'nftables' });
    await firewall.install([SSH]);
    const taken: number[] = [];
    for (let n = 0; n < 500; n++)
      taken.push(await firewall.grant('ssh', `10.9.${n >> 8}.${n & 255}`, MINUTE));
    const sorted = taken.toSorted((a, b) => a - b);
    const [median = 0, late = 0] = [sorted[250], sorted[495]];
    console.log(`# a grant: median ${median} µs, 99th percentile ${late} µs`);
    assert.ok(median < 2000, `median ${median} µs`);
  });
});

/** `open =` means closed to all who have not knocked, whatever the owner's rules accept. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseAttachPoint } from '../../src/core/door/attach-point.ts';
import { repeats } from '../lab/effort.ts';
import { gate } from '../lab/example-gates.ts';
import type { Namespace } from '../lab/namespace.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import {
  type Driver,
  FirewallFixture,
  feedNft,
  type Prober,
  PUBLISHED,
  type Situation,
  STRANGER6,
  serverOf,
} from './firewall-fixture.ts';
import { renderOwnerRuleset, renderOwnerTables } from './owner-rulesets.ts';

/** Of each half, and of each variant of iptables. */
const RULESETS = repeats('BUSSA_OWNER_RULESETS', { quick: 2, full: 5 });
const MINUTE = 60_000;
const PATIENCE = { waitMs: 10_000 };
/** The last is merely routed, to port 80 of the host behind. */
const GATES = [
  gate('ssh', 'tcp/22, tcp/8000, udp/51820'),
  gate('web', 'tcp/8080 forward'),
  gate('dmz', 'tcp/80 forward'),
].map((one) => ({ ...one, ingresses: [{ from: 'eth0', exceptTo: ['eth0'] }] }));
const DOORS = GATES.map(({ door }) => door);
const PORTS = [
  ['ssh', 'tcp', 22],
  ['ssh', 'tcp', 8000],
  ['ssh', 'udp', 51_820],
  ['web', 'tcp', 8080],
  ['dmz', 'tcp', 80],
] as const;
const KNOCKERS = [CLIENT, CLIENT6] as const;
const EVERYBODY = [STRANGER, STRANGER6, ...KNOCKERS] as const;

const listNft = (server: Namespace): Promise<string> => server.run('nft', '-s', 'list', 'ruleset');

const commandsOf = (variant: string): readonly [string, string] => [
  variant,
  variant.replace('iptables', 'ip6tables'),
];

async function feedIptables(server: Namespace, variant: string, rules: string): Promise<void> {
  for (const [n, command] of commandsOf(variant).entries()) {
    const text = rules.replaceAll('ICMP', n === 0 ? 'icmp' : 'ipv6-icmp');
    await server.run('sh', '-c', 'printf "%s" "$0" | "$1"-restore -w 5', text, command);
  }
}

async function listIptables(server: Namespace, variant: string): Promise<string> {
  const saved = await Promise.all(commandsOf(variant).map((command) => server.run(`${command}-save`)));
  const rules = saved.join('').replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '');
  return `${rules}${await listNft(server)}${await server.run('ipset', 'list', '-n')}`;
}

/** With files of its own instead of the host's. */
const UFW = `
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
mkdir "$files/etc" && cp -a /etc/ufw/. "$files/etc"
mount --bind "$files/etc" /etc/ufw
ufw --force enable
for port in 22/tcp 8000/tcp 51820/udp 4444/tcp; do ufw allow "$port"; done
ufw route allow proto tcp to any port 80
`;

/** A host whose firewall Bussa finds by itself. */
const HOST: Situation = {
  name: 'what the owner accepts',
  adapter: { kind: 'auto' },
  closesByItself: true,
  arrange: async () => undefined,
  flush: async () => undefined,
  list: listNft,
};

/** Which of the doors' ports these sources reach. */
async function reached(prober: Prober, sources: readonly string[], waitMs?: number): Promise<string[]> {
  const tried = sources.flatMap((from) =>
    PORTS.map(async ([door, protocol, port]) => {
      const wait = waitMs === undefined ? {} : { waitMs };
      const to = door === 'dmz' ? innerOf(from) : serverOf(from);
      const { open } = await prober.probe(protocol, from, to, port, wait);
      return open ? [`${from} ${protocol}/${port}`] : [];
    }),
  );
  return (await Promise.all(tried)).flat();
}

const innerOf = (from: string): string => (from.includes(':') ? 'fd08::2' : '10.8.0.2');

const allOf = (sources: readonly string[]): string[] =>
  sources.flatMap((from) => PORTS.map(([, protocol, port]) => `${from} ${protocol}/${port}`));

async function grantAll(firewall: Driver): Promise<void> {
  await firewall.grantAll(
    KNOCKERS.flatMap((source) => DOORS.map((door) => ({ door, source, left: MINUTE }))),
  );
}

/** The way to the host behind. */
async function routeInside({ wire: { client } }: FirewallFixture): Promise<void> {
  await client.ip('route replace 10.8.0.0/24 via 10.7.0.1');
  await client.ip('-6 route replace fd08::/64 via fd07::1');
}

/** A stranger's view and a knocker's, from before the knock to after the stop. */
async function assertDoors(stage: FirewallFixture, prober: Prober, rules: string): Promise<void> {
  await routeInside(stage);
  const before = await stage.list();
  await using firewall = await stage.openFirewall();
  await firewall.install(GATES);
  assert.deepEqual(await reached(prober, EVERYBODY), [], `open without a knock:\n${rules}`);
  await grantAll(firewall);
  assert.deepEqual(
    await reached(prober, KNOCKERS, PATIENCE.waitMs),
    allOf(KNOCKERS),
    `shut to a knocker:\n${rules}`,
  );
  assert.deepEqual(await reached(prober, [STRANGER, STRANGER6]), [], `open to a stranger:\n${rules}`);
  assert.equal(await firewall.isInPlace(), true);
  for (const source of KNOCKERS) for (const door of DOORS) await firewall.revoke(door, source);
  assert.deepEqual(await reached(prober, KNOCKERS), [], `open after the lease:\n${rules}`);
  await firewall.remove();
  assert.equal(await stage.list(), before);
}

describe('closed to all who have not knocked, whatever the owner’s rules accept', { concurrency: 2 }, () => {
  for (const half of [0, 1]) {
    test(`accepts behind jumps, sets, verdict maps, at any priority, in several tables (${half})`, async (t) => {
      const random = seededRandom(t, half);
      await using stage = await FirewallFixture.create(HOST);
      await using prober = await stage.openProber();
      for (let n = 0; n < RULESETS; n++) {
        const rules = renderOwnerRuleset(random);
        await feedNft(stage.wire.server, `flush ruleset\n${PUBLISHED}\n${rules}`);
        await assertDoors(stage, prober, rules);
      }
    });
  }

  for (const variant of ['iptables', 'iptables-legacy'] as const) {
    test(`accepts in every table and chain of ${variant}`, async (t) => {
      const random = seededRandom(t, 2);
      await using stage = await FirewallFixture.create({
        ...HOST,
        list: (server) => listIptables(server, variant),
        arrange: (server) => feedNft(server, PUBLISHED),
      });
      await using prober = await stage.openProber();
      for (let n = 0; n < RULESETS; n++) {
        const rules = renderOwnerTables(random);
        await feedIptables(stage.wire.server, variant, rules);
        await assertDoors(stage, prober, rules);
      }
    });
  }

  for (const variant of ['iptables', 'iptables-legacy'] as const) {
    test(`a port that the owner of ${variant} redirects, to a door’s and away from one`, async () => {
      await using stage = await FirewallFixture.create({
        ...HOST,
        list: (server) => listIptables(server, variant),
      });
      for (const closes of [false, true]) {
        const policy = closes ? 'DROP' : 'ACCEPT';
        const accept = '-m conntrack --ctstate ESTABLISHED -j ACCEPT';
        await feedIptables(
          stage.wire.server,
          variant,
          `*nat
-A PREROUTING -p tcp --dport 2222 -j REDIRECT --to-ports 22
-A PREROUTING -p tcp --dport 23 -j REDIRECT --to-ports 4444
COMMIT
*filter
:INPUT ${policy} [0:0]
-A INPUT ${accept}
-A INPUT -p ICMP -j ACCEPT
-A INPUT -p tcp -m multiport --dports 22,4444 -j ACCEPT
COMMIT
`,
        );
        await assertRedirected(stage);
      }
    });
  }

  test('a port that the owner redirects, to a door’s and away from one', async () => {
    await using stage = await FirewallFixture.create(HOST);
    const closing = 'policy drop; ct state established accept; meta l4proto ipv6-icmp accept;';
    for (const filter of ['policy accept;', `${closing} tcp dport { 22, 4444 } accept;`]) {
      await feedNft(
        stage.wire.server,
        `flush ruleset
table inet nat { chain pre { type nat hook prerouting priority dstnat; tcp dport 2222 redirect to :22; tcp dport 23 redirect to :4444; }; }
table inet filter { chain input { type filter hook input priority filter; ${filter} }; }`,
      );
      await assertRedirected(stage);
    }
  });

  test('firewalld as installed, which lets in ssh: zone public, as it has loaded its rules itself', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using prober = await stage.openProber();
    const { server } = stage.wire;
    const rules = readFileSync(new URL('stock/firewalld.nft', import.meta.url), 'utf8');
    await feedNft(server, `${rules}\nadd rule inet firewalld filter_IN_public_allow tcp dport 4444 accept`);
    const stranger = await prober.probe('tcp', STRANGER, SERVER, 22, PATIENCE);
    assert.ok(stranger.open, 'firewalld lets in ssh');
    await assertDoors(stage, prober, 'firewalld');
  });

  test('ufw, run here, with the doors’ ports allowed', async () => {
    await using stage = await FirewallFixture.create({
      ...HOST,
      list: (server) => listIptables(server, 'iptables'),
    });
    await using prober = await stage.openProber();
    await stage.wire.server.run('sh', '-ec', UFW);
    const stranger = await prober.probe('tcp', STRANGER, SERVER, 22, PATIENCE);
    assert.ok(stranger.open, 'ufw lets in ssh');
    await assertDoors(stage, prober, 'ufw');
  });

  test('the part of an older version, which only let in: replaced in one transaction by one that closes', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using prober = await stage.openProber();
    const { server } = stage.wire;
    const chain = 'type filter hook input priority filter; policy drop;';
    const rest =
      'ct state established accept; meta l4proto ipv6-icmp accept; tcp dport { 22, 8000, 4444 } accept; udp dport 51820 accept;';
    const owner = `table inet filter { chain input { ${chain} ${rest} }; }`;
    await feedNft(server, `flush ruleset\n${PUBLISHED}\n${owner}`);
    const before = await stage.list();
    await feedNft(
      server,
      `add set inet filter bussa_ssh_4 { type ipv4_addr; flags timeout; }
add chain inet filter bussa_input
add rule inet filter bussa_input tcp dport 22 ip saddr @bussa_ssh_4 accept
add element inet filter bussa_ssh_4 { ${STRANGER} timeout 1h }
insert rule inet filter input jump bussa_input`,
    );
    await assertDoorsOnly(stage, prober);
    assert.equal(await stage.list(), before);
  });

  test('an owner’s chain that Bussa cannot attach to: the port is closed, a line says so, and knockers get in', async () => {
    await using stage = await FirewallFixture.create({
      ...HOST,
      adapter: { kind: 'nftables', attach: [parseAttachPoint('inet gone input') ?? assert.fail()] },
    });
    await routeInside(stage);
    await using prober = await stage.openProber();
    await using firewall = await stage.openFirewall();
    const before = await stage.list();
    await assert.rejects(firewall.install(GATES), /there is no table inet gone/);
    assert.equal(await stage.list(), before);
    await firewall.install(GATES, [], true);
    assert.match(await firewall.shortcoming(), /there is no table inet gone.*; the doors’ ports are closed/);
    assert.equal(await firewall.isInPlace(), false);
    assert.deepEqual(await reached(prober, EVERYBODY), []);
    await grantAll(firewall);
    assert.deepEqual(await reached(prober, KNOCKERS, PATIENCE.waitMs), allOf(KNOCKERS));
    await feedNft(
      stage.wire.server,
      'table inet gone { chain input { type filter hook input priority 0; }; }',
    );
    await firewall.install(GATES, [], true);
    assert.equal(await firewall.shortcoming(), 'null');
    assert.equal(await firewall.isInPlace(), true);
  });

  test('a single use is one connection, though two tables have its lease', async () => {
    await using stage = await FirewallFixture.create(HOST);
    await using prober = await stage.openProber();
    const { server } = stage.wire;
    await feedNft(
      server,
      `table inet filter { chain input { type filter hook input priority filter; policy drop; ct state established accept; meta l4proto ipv6-icmp accept; tcp dport 4444 accept; }; }`,
    );
    await using firewall = await stage.openFirewall();
    await firewall.install([gate('once', 'tcp/22, tcp/8080 forward', true)]);
    for (const [from, to] of [
      [CLIENT, SERVER],
      [CLIENT6, SERVER6],
    ] as const) {
      await firewall.grant('once', from, MINUTE);
      const open = [];
      for (const port of [22, 8080, 22])
        open.push((await prober.probe('tcp', from, to, port, open.length === 0 ? PATIENCE : {})).open);
      assert.deepEqual(open, [true, false, false]);
    }
  });
});

/** 2222 leads to a door's port; 23 is one, and leads to a port that is none. */
async function assertRedirected(stage: FirewallFixture): Promise<void> {
  await using prober = await stage.openProber();
  const open = async (sources: readonly string[], waitMs?: number): Promise<string[]> => {
    const tried = sources.flatMap((from) =>
      [2222, 23].map(async (port) => {
        const wait = waitMs === undefined ? {} : { waitMs };
        return (await prober.probe('tcp', from, serverOf(from), port, wait)).open ? [`${from} ${port}`] : [];
      }),
    );
    return (await Promise.all(tried)).flat();
  };
  const before = await stage.list();
  await using firewall = await stage.openFirewall();
  assert.equal((await open(EVERYBODY, PATIENCE.waitMs)).length, 8, 'all are open before');
  await firewall.install([gate('ssh', 'tcp/22'), gate('telnet', 'tcp/23')]);
  assert.deepEqual(await open(EVERYBODY), []);
  await firewall.grantAll(
    KNOCKERS.flatMap((source) => ['ssh', 'telnet'].map((door) => ({ door, source, left: MINUTE }))),
  );
  assert.equal((await open(KNOCKERS, PATIENCE.waitMs)).length, 4);
  assert.deepEqual(await open([STRANGER, STRANGER6]), []);
  await firewall.remove();
  assert.equal(await stage.list(), before);
}

async function assertDoorsOnly(stage: FirewallFixture, prober: Prober): Promise<void> {
  await routeInside(stage);
  await using firewall = await stage.openFirewall();
  await firewall.install(GATES);
  assert.deepEqual(await reached(prober, EVERYBODY), []);
  await grantAll(firewall);
  assert.deepEqual(await reached(prober, KNOCKERS, PATIENCE.waitMs), allOf(KNOCKERS));
  await firewall.remove();
}

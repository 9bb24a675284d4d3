/**
 * Doors that open in the firewall by themselves, with the daemon whole.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        knockd, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut, Connection, startService } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

const door = (seconds: number, more = ''): string => `[ssh]
  sequence    = 7000,8000,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = ${seconds}
${more}`;

const KNOCK = ['7000', '8000', '9000'];

async function policyDrop(server: Namespace): Promise<void> {
  const ruleset = `table inet host {
    set mine { type ipv4_addr; elements = { 198.51.100.1 }; }
    chain input {
      type filter hook input priority filter; policy drop;
      ct state established,related accept
      iifname "lo" accept
      ip saddr @mine accept
      icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    }
  }`;
  await server.run('nft', ruleset);
}

const SITUATIONS: readonly {
  readonly name: string;
  readonly arrange: (server: Namespace) => Promise<void>;
}[] = [
  { name: 'no firewall at all', arrange: async () => undefined },
  { name: 'an nftables ruleset with policy drop', arrange: policyDrop },
  { name: 'iptables with policy DROP', arrange: shutFirewall },
];

describe('firewall doors', { concurrency: 2 }, () => {
  for (const { name, arrange } of SITUATIONS) {
    test(`${name}: shut, open for the knocker alone, shut at its time, the connection alive, all as before`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await arrange(server);
      const before = await rulesOf(server);
      await using _service = await startService(server, 22);
      await using knockd = await startKnockd(server, directory, door(2));
      await assertShut(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER6, 22, CLIENT6);

      await client.run(C_KNOCK, SERVER, ...KNOCK);
      await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22 for 2 s/);
      await using connection = await Connection.open(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER, 22, STRANGER);
      await client.run(C_KNOCK, '-6', SERVER6, ...KNOCK);
      await knockd.saw(/fd07::2: ssh: opened tcp\/22 for 2 s/);
      await assertOpen(client, SERVER6, 22, CLIENT6);

      await knockd.saw(/10\.7\.0\.2: ssh: closed tcp\/22/);
      await knockd.saw(/fd07::2: ssh: closed tcp\/22/);
      await assertShut(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER6, 22, CLIENT6);
      await connection.assertAlive();
      assert.equal((await knockd.stop()).code, 0);
      assert.equal(await rulesOf(server), before);
    });
  }

  test('a second knock extends, and kill -9 leaves a door that the kernel closes and a restart takes on', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    const first = await startKnockd(server, directory, door(15));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await first.saw(/ssh: opened tcp\/22 for 15 s/);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await first.saw(/ssh: already open; stays open for 15 s from now/);
    await first.stop('SIGKILL');
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);

    await using second = await startKnockd(server, directory, door(15));
    await second.saw(/10\.7\.0\.2: ssh: left open by an earlier run, will be closed on time/);
    await assertOpen(client, SERVER, 22, CLIENT);
    await second.saw(/10\.7\.0\.2: ssh: closed tcp\/22/);
    await assertShut(client, SERVER, 22, CLIENT);
    assert.equal((await second.stop()).code, 0);
  });

  test('ports close at their time while the start command runs, and the stop command waits for that', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    const [gate, told] = [directory.file('gate'), directory.file('told')];
    await server.run('mkfifo', gate);
    const more = `  start_command = read -r line < ${gate}; echo started >> ${told}
  stop_command = echo stopped >> ${told}\n`;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, door(1, more));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/ssh: closed tcp\/22/);
    await assertShut(client, SERVER, 22, CLIENT);
    assert.equal(existsSync(told), false);
    await server.run('sh', `-c`, `echo > ${gate}`);
    await knockd.saw(/ssh: running command: echo stopped/);
    assert.equal((await knockd.stop()).code, 0);
    assert.equal(readFileSync(told, 'utf8'), 'started\nstopped\n');
  });

  test('flushed rules are restored with the open leases', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, door(60));
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/ssh: opened tcp\/22 for 60 s/);
    await server.run('nft', 'flush ruleset');
    await knockd.saw(/rules were missing or changed; restored/);
    // Opened behind that, one after the other.
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/ssh: already open/);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.equal((await knockd.stop()).code, 0);
  });

  for (const [name, policy, where] of [
    ['closes', 'drop', /chain bussa_forward \{[^}]*8080/],
    ['does not close', 'accept', /table inet bussa \{[\s\S]*chain forward \{[^}]*8080/],
  ] as const) {
    test(`a forward door beside another where the owner ${name} the way through: both open`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await policyDrop(server);
      const through = `add chain inet host through { type filter hook forward priority filter; policy ${policy}; }`;
      await server.run('nft', through);
      const before = await rulesOf(server);
      const web =
        '[web]\n  sequence = 7001,8001\n  tcpflags = syn\n  open = tcp/8080 forward\n  open_for = 60\n';
      await using _service = await startService(server, 22);
      await using knockd = await startKnockd(server, directory, door(60) + web);
      await client.run(C_KNOCK, SERVER, ...KNOCK);
      await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
      await client.run(C_KNOCK, SERVER, '7001', '8001');
      await knockd.saw(/10\.7\.0\.2: web: opened tcp\/8080 forward/);
      await assertOpen(client, SERVER, 22, CLIENT);
      assert.match(await rulesOf(server), where);
      assert.equal((await knockd.stop()).code, 0);
      assert.equal(await rulesOf(server), before);
    });
  }

  test('the owner’s INPUT drops established connections over IPv4: reported at the start, and the connections live on', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await shutFirewall(server);
    await server.run('/sbin/iptables', '-w', '-F', 'INPUT');
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, door(60));
    assert.equal(
      knockd.count(/INPUT of IPv4 drops established connections.*RELATED,ESTABLISHED -j ACCEPT/g),
      1,
    );
    assert.equal(knockd.count(/INPUT of IPv6 ends/g), 0);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await using connection = await Connection.open(client, SERVER, 22, CLIENT);
    await connection.assertAlive();
    await assertShut(client, SERVER, 22, STRANGER);
  });

  test('the owner’s INPUT lets established connections in by one interface: the warning says so', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { server } = wire;
    await shutFirewall(server);
    for (const rule of [
      ['-F', 'INPUT'],
      ['-N', 'mine'],
      ['-A', 'mine', '-m', 'conntrack', '--ctstate', 'ESTABLISHED', '-j', 'ACCEPT'],
      ['-A', 'INPUT', '-i', 'eth0', '-g', 'mine'],
    ])
      await server.run('/sbin/iptables', '-w', ...rule);
    await using knockd = await startKnockd(server, directory, door(60));
    assert.equal(
      knockd.count(
        /INPUT of IPv4 drops established connections to tcp\/22 \(except those that match -i eth0\), so/g,
      ),
      1,
    );
  });

  test('the owner drops before all doors: reported at the start, with the command that lets knockers in', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await server.run(
      'nft',
      'add table inet early; add chain inet early raw { type filter hook prerouting priority raw; policy drop; }',
    );
    await server.run('nft', 'add rule inet early raw meta l4proto { icmp, ipv6-icmp } accept');
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, door(60));
    const [, remedy = ''] = await knockd.saw(/inet early raw drops at prerouting.* as in `nft (.*)`/);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await assertShut(client, SERVER, 22, CLIENT);
    await server.run('nft', remedy);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);
  });

  test('who may knock, how many at once, and what the hooks get', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    const told = directory.file('told');
    const hook = (name: string): string =>
      `  ${name} = sh: echo $BUSSA_EVENT $BUSSA_IP $BUSSA_PORTS >> ${told}\n`;
    const more = `  deny = ${STRANGER}\n  max_leases = 1\n${hook('on_open')}${hook('on_close')}${hook('on_refused')}`;
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, door(60, more));
    await client.run('hping3', '-q', '-c', '1', '-S', '-a', STRANGER, '-p', '7000', SERVER);
    await client.run('hping3', '-q', '-c', '1', '-S', '-a', STRANGER, '-p', '8000', SERVER);
    await client.run('hping3', '-q', '-c', '1', '-S', '-a', STRANGER, '-p', '9000', SERVER);
    await knockd.saw(/10\.7\.0\.3: ssh: not opened: the door does not allow this address/);
    await client.run(C_KNOCK, SERVER, ...KNOCK);
    await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22 for 60 s/);
    await client.run(C_KNOCK, '-6', SERVER6, ...KNOCK);
    await knockd.saw(/fd07::2: ssh: not opened: the lease limit is reached/);
    assert.equal(knockd.count(/10\.7\.0\.3: ssh: opened/g), 0);
    await assertShut(client, SERVER, 22, STRANGER);
    assert.equal((await knockd.stop()).code, 0);
    assert.deepEqual(readFileSync(told, 'utf8').trim().split('\n').sort(), [
      `close ${CLIENT} tcp/22`,
      `open ${CLIENT} tcp/22`,
      `refused ${STRANGER} tcp/22`,
      `refused ${CLIENT6} tcp/22`,
    ]);
  });
});

/** Everybody's rules, without the counters that packets change. */
async function rulesOf(server: Namespace): Promise<string> {
  return (await server.run('nft', '-s', 'list', 'ruleset')).replaceAll(
    /counter packets \d+ bytes \d+/g,
    'counter',
  );
}

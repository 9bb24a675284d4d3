/** What is the iptables adapter's alone: crashes between two of its commands, and commands that are missing or fail. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Gate } from '../../src/host/firewall/contract/firewall.ts';
import { Scratch } from '../lab/child-module.ts';
import type { Namespace } from '../lab/namespace.ts';
import { Connection } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, STRANGER } from '../lab/wire.ts';
import { Driver, FirewallFixture, type Situation } from './firewall-fixture.ts';
import { IPTABLES_SITUATIONS } from './iptables-situations.ts';

const DRIVER = new URL('firewall-driver.ts', import.meta.url).pathname;
const MINUTE = 60_000;

const gate = (door: string, port: number, singleUse: boolean): Gate =>
  ({ door, ports: [{ protocol: 'tcp', first: port, last: port, path: 'input' }], singleUse }) as never;
const OLD = [gate('ssh', 22, false), gate('gone', 8000, false)];
const NEW = [gate('ssh', 22, false), gate('once', 8010, true)];
const GRANTS = [
  { door: 'ssh', source: CLIENT, left: MINUTE },
  { door: 'once', source: CLIENT6, left: MINUTE },
];

/** Commands of the firewall in front of the real ones: `$real` is the one that each stands for. */
class Commands extends Scratch {
  write(name: string, body: string): void {
    writeFileSync(this.file(name), `#!/bin/sh\nreal=/usr/sbin/${name}\n${body}\n`);
    chmodSync(this.file(name), 0o755);
  }

  async open(server: Namespace, { adapter }: Situation): Promise<Driver> {
    const path = `PATH=${this.path}:${process.env.PATH}`;
    const args = [path, process.execPath, '--disable-warning=ExperimentalWarning', DRIVER];
    const program = server.start('env', ...args, JSON.stringify(adapter));
    await program.saw(/^opened /m);
    return new Driver(program);
  }
}

for (const situation of IPTABLES_SITUATIONS.slice(0, 2)) {
  describe(situation.name, { concurrency: 2 }, () => {
    test('killed before any of its commands: the next install leaves no second copy, and what it shall', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      const foreign = await stage.list();
      const { server } = stage.wire;
      const whole = await listInstalled(stage);
      let died = 0;
      for (let nth = 1; nth < 20; nth++) {
        using commands = new Commands();
        for (const name of ['ipset', 'iptables-restore', 'ip6tables-restore']) {
          commands.write(name, DIES_AT(commands.file('calls'), commands.file('at')));
        }
        await using victim = await commands.open(server, situation);
        await victim.install(OLD, GRANTS.slice(0, 1));
        writeFileSync(commands.file('calls'), '');
        writeFileSync(commands.file('at'), `${nth}`);
        const isDead = await victim.install(NEW, GRANTS).then(
          () => false,
          () => true,
        );
        await victim.kill();
        await using next = await stage.openFirewall();
        await next.install(NEW, GRANTS);
        await next.grantAll(GRANTS);
        assert.equal(withoutLeases(await stage.list()), whole, `killed before command ${nth}`);
        if (!isDead) break;
        died++;
      }
      assert.ok(died >= 2, `killed ${died} times`);
      await prober.assertOpen('tcp', CLIENT, 22);
      await prober.assertShut('tcp', STRANGER, 22);
      await prober.assertOpen('tcp', CLIENT6, 8010);
      await prober.assertShut('tcp', CLIENT6, 8010);
      await using last = await stage.openFirewall();
      await last.remove();
      assert.equal(await stage.list(), foreign);
    });

    test('a command that fails half-way is reported, and nothing has changed', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      using commands = new Commands();
      commands.write(
        'ip6tables-restore',
        '[ -e "$0.fails" ] && { echo "no more room" >&2; exit 4; }\nexec "$real" "$@"',
      );
      await using firewall = await commands.open(stage.wire.server, situation);
      const fail = (): void => writeFileSync(commands.file('ip6tables-restore.fails'), '');
      const before = await stage.list();
      fail();
      await assert.rejects(firewall.install(NEW, GRANTS), /FirewallError: ip6tables-restore .*no more room/);
      assert.equal(await stage.list(), before);
      await using other = await stage.openFirewall();
      await other.install(OLD, []);
      const old = await stage.list();
      await assert.rejects(firewall.install(NEW, GRANTS), /no more room/);
      assert.equal(await stage.list(), old);
      await prober.assertShut('tcp', CLIENT, 8000);
    });

    test('without ip6tables: IPv4 works, IPv6 is refused with the reason', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      using commands = new Commands();
      commands.write('ip6tables', 'echo "can\'t initialize ip6tables table" >&2; exit 3');
      await using firewall = await commands.open(stage.wire.server, situation);
      await firewall.install(NEW, GRANTS);
      await prober.assertOpen('tcp', CLIENT, 22);
      await assert.rejects(
        firewall.grant('ssh', CLIENT6, MINUTE),
        /FirewallError: .*fd07::2 .*IPv6 rules cannot be reached: ip6tables .*can't initialize/,
      );
      assert.match(await firewall.warnings(), /ports are NOT closed over IPv6.*can't initialize/);
      await firewall.revoke('ssh', CLIENT6);
      await firewall.remove();
    });

    test('more unused single-use leases than the kernel keeps: the new one is refused, none is lost', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install(NEW, []);
      const { server } = stage.wire;
      const capacity = Number(await server.run('cat', '/sys/module/xt_recent/parameters/ip_list_tot'));
      await firewall.grant('once', CLIENT, MINUTE);
      for (let n = 1; n < capacity; n++) await firewall.grant('once', `10.9.${n >> 8}.${n & 255}`, MINUTE);
      await assert.rejects(firewall.grant('once', STRANGER, MINUTE), /FirewallError: .* ip_list_tot/);
      await firewall.grant('once', CLIENT6, MINUTE);
      await firewall.revoke('once', '10.9.0.1');
      await firewall.grant('once', STRANGER, MINUTE);
      for (const source of [CLIENT, STRANGER, CLIENT6]) await prober.assertOpen('tcp', source, 8010);
    });

    test('a lease that is longer than ipset counts: let in, for as long as it counts', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      const left = 365 * 86_400_000;
      await firewall.install(NEW, [{ door: 'ssh', source: CLIENT, left }]);
      await firewall.grant('ssh', CLIENT6, left);
      for (const source of [CLIENT, CLIENT6]) await prober.assertOpen('tcp', source, 22);
      if (situation.flushLeases === undefined) return;
      const listed = await stage.wire.server.run('ipset', 'list');
      const timeouts = [...listed.matchAll(/^\S+ timeout (\d+)/gm)].map((found) => Number(found[1]));
      assert.deepEqual(
        timeouts.map((timeout) => timeout > 2_147_400 && timeout <= 2_147_483),
        [true, true],
      );
    });

    test('the owner blocks an established connection behind it, which outlives its lease', async () => {
      await using stage = await FirewallFixture.create(situation);
      const { client, server } = stage.wire;
      await using firewall = await stage.openFirewall();
      await firewall.install(NEW, GRANTS);
      await using connection = await Connection.open(client, SERVER, 22, CLIENT);
      await firewall.revoke('ssh', CLIENT);
      await connection.assertAlive();
      const block = ['-s', CLIENT, '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset'];
      await server.run('iptables', '-w', '-I', 'INPUT', '2', ...block);
      assert.equal(await firewall.isInPlace(), true);
      await assert.rejects(connection.assertAlive());
    });

    test('the owner gives up the rule for what is established: noticed, and such connections are let in', async () => {
      await using stage = await FirewallFixture.create(situation);
      const { client, server } = stage.wire;
      await using firewall = await stage.openFirewall();
      await firewall.install(NEW, GRANTS);
      await using connection = await Connection.open(client, SERVER, 22, CLIENT);
      const established = ['-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'ACCEPT'];
      await server.run('iptables', '-w', '-D', 'INPUT', ...established);
      assert.equal(await firewall.isInPlace(), false);
      await firewall.install(NEW, []);
      await connection.assertAlive();
    });

    test('looking is no change: the watch is silent about it', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using firewall = await stage.openFirewall();
      await firewall.install(NEW, GRANTS);
      const { server } = stage.wire;
      await using monitor = server.start('stdbuf', '-oL', 'nft', 'monitor');
      for (let i = 0; monitor.count(/watched/g) === 0; i++) {
        assert.ok(i < 100, 'nft monitor reports nothing');
        await server.run('nft', `add table inet watched${i}`);
      }
      for (let i = 0; i < 5; i++) assert.equal(await firewall.isInPlace(), true);
      await server.run('nft', 'add table inet last');
      await monitor.saw(/add table inet last/);
      assert.equal(monitor.count(/bussa|BUSSA|filter/g), 0);
    });

    test('a door that it does not know, and a grant that is over', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await assert.rejects(firewall.grant('ssh', CLIENT, MINUTE), /FirewallError: .*ssh has no rules/);
      await firewall.install(NEW, [{ door: 'ssh', source: CLIENT, left: 0 }]);
      await prober.assertShut('tcp', CLIENT, 22);
      await firewall.grant('ssh', CLIENT, MINUTE);
      await firewall.grant('ssh', CLIENT, 0);
      await prober.assertShut('tcp', CLIENT, 22);
      await firewall.revoke('nowhere', CLIENT);
    });
  });
}

/** Kills the adapter instead of its call number `at`, as far as there is one. */
const DIES_AT = (calls: string, at: string): string => `
echo >> ${calls}
[ -e ${at} ] && [ "$(wc -l < ${calls})" -eq "$(cat ${at})" ] && kill -KILL $PPID
exec "$real" "$@"`;

async function listInstalled(stage: FirewallFixture): Promise<string> {
  await using firewall = await stage.openFirewall();
  await firewall.install(NEW, GRANTS);
  const list = withoutLeases(await stage.list());
  await firewall.remove();
  return list;
}

function withoutLeases(list: string): string {
  return list.replaceAll(/^-A BUSSA-\S+ -s .*\n/gm, '');
}

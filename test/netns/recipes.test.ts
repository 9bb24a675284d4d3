/**
 * docs/recipes.md: each command as it is printed there, in the order of the page, with the real firewalls and programs.
 *
 *     client                          server
 *     eth0 10.7.0.2 (the owner) ────  eth0 10.7.0.1
 *          10.7.0.3 (a stranger)      what the recipe makes of it
 *     both: a copy of this machine's files
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { RECIPES, RecipeFixture } from './recipe-fixture.ts';
import { MOVING } from './recipes-moving.ts';
import { SERVICES } from './recipes-services.ts';
import { FIREWALLD } from './remedy-setups.ts';

type Recipe = (name: string) => Promise<void>;

/** What makes the firewall, `bussa init`, a trial; then the owner loads the rules once more. */
const behindFirewall =
  (again: string, { arrange = ':', blocks = 1, flushes = false } = {}): Recipe =>
  async (name) => {
    await using stage = await RecipeFixture.create(name);
    await stage.server.run(arrange);
    await stage.run();
    await assertOpen(stage.wire.client, SERVER, 22, STRANGER);
    await stage.writeProfile();
    const daemon = await stage.tryIt();
    await stage.run(blocks - 1);
    const restored = daemon.count(/changed; restored/g);
    await stage.server.run(again);
    if (flushes) await daemon.saw(/changed; restored/, restored + 1);
    await stage.assertOpenToClient();
    stage.assertAllRun();
    // Without Bussa the owner is let in by his own rules.
    await stage.stop(daemon);
    await assertOpen(stage.wire.client, SERVER, 22, STRANGER);
  };

const FIREWALLS: Readonly<Record<string, Recipe>> = {
  ufw: behindFirewall('ufw reload'),
  firewalld: behindFirewall('firewall-cmd --reload', { arrange: FIREWALLD }),
  'Plain nftables': behindFirewall('nft -f /etc/nftables.conf', { flushes: true }),
  'Plain iptables': behindFirewall('iptables-restore --test /etc/iptables.rules', { blocks: 2 }),
  'Cloud security groups': async (name) => {
    await using stage = await RecipeFixture.create(name);
    stage.said = await stage.server.run('cd; bussa init --yes --host server.example.org');
    await stage.writeProfile();
    const daemon = stage.keep(stage.server.start('bussa up'));
    await daemon.saw(/listening on .*\.\.\.\n/);
    const ports = await stage.run();
    // It lets the hidden port in, and nothing else.
    const group =
      'table netdev cloud { chain out { type filter hook egress device "eth0" priority 0; ip protocol tcp tcp dport != 22 drop; ip protocol icmp drop; }; }';
    await stage.wire.client.run('nft', group);
    await using closed = stage.client.start(
      'cd /root; HOME=/root bussa doctor --from-client server.example.org',
    );
    await closed.exited;
    assert.match(
      closed.output,
      /first, if that host has a cloud security group .*, open the knock ports there too/,
    );
    const [, sequence = ''] = /sequence\s*= (\S+)/.exec(ports) ?? assert.fail(ports);
    await stage.wire.client.run(
      'nft',
      'insert',
      'rule',
      ...'netdev cloud out'.split(' '),
      `tcp dport { ${sequence} } accept`,
    );
    assert.match(await stage.run(), /is open after it/);
    stage.assertAllRun();
  },
};

const PEOPLE: Readonly<Record<string, Recipe>> = {
  'Several users': async (name) => {
    await using stage = await RecipeFixture.create(name);
    for (const user of ['bob', 'alice']) {
      await stage.client.run(
        `cd; mkdir -p /root/.ssh; rm -f /root/.ssh/id_ed25519*; ssh-keygen -qt ed25519 -N '' -f /root/.ssh/id_ed25519; cp -r /root/.ssh /root/${user}`,
      );
      const key = await stage.client.run('cat /root/.ssh/id_ed25519.pub');
      await stage.server.write(`/root/${user}.pub`, key);
    }
    const [, line = ''] = /^ {4}(bussa host add .*)$/m.exec(await stage.run()) ?? assert.fail(stage.said);
    await stage.client.run(`export HOME=/root; ${line}`);
    const daemon = await stage.tryIt();
    await daemon.saw(/ssh: alice: OPEN SESAME/);
    assert.match(await stage.run(), /alice[\s\S]*bob/);
    await stage.server.run('bussa close --all');
    const [, knock] = /^ {4}knock (.+)$/m.exec(stage.said) ?? [];
    await stage.client.run(`${C_KNOCK} ${knock}`);
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    const asBob =
      'export HOME=/root; rm -r /root/.ssh; mv /root/bob /root/.ssh; bussa knock server.example.org';
    await stage.client.run(asBob);
    await daemon.saw(/ssh: bob: OPEN SESAME/);
    assert.match(await stage.run(), /bob is removed/);
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await assert.rejects(stage.client.run('export HOME=/root; bussa knock server.example.org'));
    stage.assertAllRun();
  },
  'A forgotten knock': async (name) => {
    await using stage = await RecipeFixture.create(name);
    await stage.wire.client.ip('addr add 192.0.2.7/32 dev eth0');
    await stage.wire.server.ip('route add 192.0.2.7/32 dev eth0');
    await stage.server.run('bussa init --yes --host server.example.org');
    const daemon = stage.keep(stage.server.start('bussa up'));
    await daemon.saw(/listening on .*\.\.\.\n/);
    await assertShut(stage.wire.client, SERVER, 22, '192.0.2.7');
    await stage.run();
    await assertOpen(stage.wire.client, SERVER, 22, '192.0.2.7');
    assert.match(await stage.run(), /sequence +=( ?\d+,?)+/);
    assert.match(await stage.run(), /QR|▄|█/);
    stage.assertAllRun();
  },
};

const TESTED: Readonly<Record<string, Recipe>> = {
  ...FIREWALLS,
  ...SERVICES,
  ...PEOPLE,
  ...MOVING,
};

/** A part of most others; those that install the package are in test/package/recipes.ts. */
const ELSEWHERE: ReadonlySet<string> = new Set(['Try it', 'cloud-init', 'Ansible']);

describe('recipes, as they are printed', { concurrency: 2 }, () => {
  test('each one is tried', () => {
    assert.deepEqual(
      Object.keys(TESTED).toSorted(),
      [...RECIPES.keys()].filter((name) => !ELSEWHERE.has(name)).toSorted(),
    );
  });
  for (const [name, recipe] of Object.entries(TESTED)) test(name, () => recipe(name));
});

/** Grants that are good for one connection, on every kind of host. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { repeats } from '../lab/effort.ts';
import { gate } from '../lab/example-gates.ts';
import { Connection } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, STRANGER } from '../lab/wire.ts';
import { FirewallFixture, serverOf } from './firewall-fixture.ts';
import { DOOR, MINUTE, SITUATIONS, testOn } from './firewall-situations.ts';

/** On each kind of host. */
const RACES = repeats('BUSSA_RACES', { quick: 30, full: 100 });

for (const situation of SITUATIONS) {
  describe(`single use, ${situation.name}`, { concurrency: 2 }, () => {
    const test = testOn(situation);
    test(`of two connections at once from one source one gets in, ${RACES} times`, async () => {
      await using stage = await FirewallFixture.create(situation);
      await using one = await stage.openPinnedProber(0);
      await using other = await stage.openPinnedProber(1);
      await using firewall = await stage.openFirewall();
      await firewall.install([gate('once', 'tcp/22', true), gate('always', 'tcp/8000')]);
      const sources = await addSources(stage, RACES / 2);
      for (const source of sources) await firewall.grant('once', source, MINUTE);
      const begin = performance.timeOrigin + performance.now() + 50;
      await Promise.all(
        sources.map(async (source, nth) => {
          // Time enough for a loaded machine: one that gets in late gets in all the same.
          const options = { at: begin + nth * 3, waitMs: 2500 };
          const tries = await Promise.all(
            [one, other].map((prober) => prober.probe('tcp', source, serverOf(source), 22, options)),
          );
          assert.equal(tries.filter(({ open }) => open).length, 1, `of two from ${source}`);
        }),
      );
      await one.assertShut('tcp', sources[0] ?? '', 22);
    });

    test('a connection let in may repeat itself before it is answered', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install([gate('once', 'udp/51821', true)]);
      for (const source of [CLIENT, CLIENT6]) {
        await firewall.grant('once', source, MINUTE);
        await prober.assertOpen('udp', source, 51821);
        await prober.assertShut('udp', source, 51821);
      }
    });

    test('after a crash what is unused is good still, after a flush nothing is', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using first = await stage.openFirewall();
      const gates = [gate('once', 'tcp/22', true), gate(DOOR, 'tcp/8000')];
      const grants = [CLIENT, CLIENT6, STRANGER].map((source) => ({ door: 'once', source, left: MINUTE }));
      const lasting = { door: DOOR, source: CLIENT, left: MINUTE };
      await first.install(gates, []);
      await first.grantAll(grants);
      await prober.assertOpen('tcp', CLIENT, 22);
      await first.kill();
      await using second = await stage.openFirewall();
      assert.deepEqual(await second.install(gates, [...grants, lasting]), []);
      await prober.assertShut('tcp', CLIENT, 22);
      await prober.assertOpen('tcp', CLIENT6, 22);
      await prober.assertShut('tcp', CLIENT6, 22);
      await prober.assertOpen('tcp', CLIENT, 8000);
      await situation.flush(stage.wire.server);
      assert.deepEqual(await second.install(gates, [...grants, lasting]), grants);
      await prober.assertShut('tcp', STRANGER, 22);
      await prober.assertOpen('tcp', CLIENT, 8000);
      assert.deepEqual(await second.install(gates, [...grants, lasting]), []);
      await second.grant('once', STRANGER, MINUTE);
      await prober.assertOpen('tcp', STRANGER, 22);
    });

    test('a knock again is good once more, the same rules put in place again are not', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      const gates = [gate('once', 'tcp/22, udp/51820', true)];
      const grants = [CLIENT, CLIENT6, STRANGER].map((source) => ({ door: 'once', source, left: MINUTE }));
      await firewall.install(gates, []);
      for (const { source } of grants) await firewall.grant('once', source, MINUTE);
      await using connection = await Connection.open(stage.wire.client, SERVER, 22, CLIENT);
      await prober.assertShut('tcp', CLIENT, 22);
      await prober.assertShut('udp', CLIENT, 51820);
      await prober.assertOpen('udp', CLIENT6, 51820);
      await prober.assertShut('tcp', CLIENT6, 22);
      await firewall.install(gates, grants);
      await prober.assertShut('tcp', CLIENT, 22);
      await prober.assertShut('tcp', CLIENT6, 22);
      await prober.assertOpen('tcp', STRANGER, 22);
      await connection.assertAlive();
      await firewall.grant('once', CLIENT, MINUTE);
      await prober.assertOpen('tcp', CLIENT, 22);
      await prober.assertShut('tcp', CLIENT, 22);
    });
  });
}

/** That many addresses of each family more at the client. */
async function addSources(stage: FirewallFixture, count: number): Promise<string[]> {
  const sources = Array.from({ length: count }, (_, n) => [`10.7.0.${100 + n}`, `fd07::1:${n}`]).flat();
  const lines = sources.map((source) =>
    source.includes(':') ? `addr add ${source}/64 dev eth0 nodad` : `addr add ${source}/24 dev eth0`,
  );
  await stage.wire.client.run('sh', '-c', 'printf "%s\\n" "$0" | ip -batch -', lines.join('\n'));
  return sources;
}

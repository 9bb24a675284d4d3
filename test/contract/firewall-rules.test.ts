/** Bussa’s part beside what is somebody else’s: put in place once, restored, and removed without a trace. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { gate } from '../lab/example-gates.ts';
import { CLIENT, CLIENT6, STRANGER } from '../lab/wire.ts';
import { FirewallFixture } from './firewall-fixture.ts';
import { DOOR, GATES, MINUTE, SITUATIONS, testOn } from './firewall-situations.ts';

/** Has rules for what services send, too. */
const CUT = { ...gate('cut', 'tcp/24, udp/8001 forward'), closeKills: true };

const FLUSHING = SITUATIONS.filter(({ flushLeases }) => flushLeases !== undefined);

for (const situation of SITUATIONS) {
  describe(`rules, ${situation.name}`, { concurrency: 2 }, () => {
    const test = testOn(situation);
    const flushesHere = testOn(situation, FLUSHING);
    test('installed again, by this process or another: no second copy, and the grants given', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      const grants = [{ door: DOOR, source: CLIENT, left: MINUTE }];
      await firewall.install(GATES);
      const once = await stage.list();
      await firewall.grant(DOOR, CLIENT6, MINUTE);
      await firewall.install(GATES, grants);
      await prober.assertOpen('tcp', CLIENT, 22);
      await prober.assertShut('tcp', CLIENT6, 22);
      await firewall.kill();
      await using second = await stage.openFirewall();
      await second.install(GATES, grants);
      await prober.assertOpen('tcp', CLIENT, 22);
      await second.install(GATES, []);
      assert.equal(await stage.list(), once);
    });

    test('the rules of others stay the same, byte for byte, while Bussa runs, after its stop, and after a crash', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using firewall = await stage.openFirewall();
      const before = await stage.list();
      await firewall.install([...GATES, gate('once', 'tcp/23', true), CUT]);
      await firewall.grant(DOOR, CLIENT, MINUTE);
      const during = (await stage.list()).split('\n');
      for (const line of before.split('\n')) {
        const at = during.indexOf(line);
        assert.notEqual(at, -1, `missing or out of order: ${line}`);
        during.splice(0, at + 1);
      }
      await firewall.remove();
      assert.equal(await stage.list(), before);
      await firewall.remove();
      assert.equal(await stage.list(), before);
      await firewall.install(GATES);
      await firewall.kill();
      await using second = await stage.openFirewall();
      await second.remove();
      assert.equal(await stage.list(), before);
    });

    test('flushed rules are noticed and restored', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      assert.equal(await firewall.isInPlace(), false);
      await firewall.install(GATES);
      assert.equal(await firewall.isInPlace(), true);
      const whole = await stage.list();
      await firewall.watch();
      await firewall.grant(DOOR, CLIENT, MINUTE);
      assert.equal(await firewall.isInPlace(), true);
      await situation.flush(stage.wire.server);
      await firewall.changed(1);
      assert.equal(await firewall.isInPlace(), false);
      await firewall.revoke(DOOR, CLIENT);
      await firewall.install(GATES, [{ door: DOOR, source: CLIENT, left: MINUTE }]);
      assert.equal(await firewall.isInPlace(), true);
      await prober.assertOpen('tcp', CLIENT, 22);
      await prober.assertShut('tcp', STRANGER, 22);
      await firewall.install(GATES, []);
      assert.equal(await stage.list(), whole);
    });

    flushesHere(
      'somebody flushes the leases alone: seen; one that is missing among others is not',
      async () => {
        await using stage = await FirewallFixture.create(situation);
        await using prober = await stage.openProber();
        await using firewall = await stage.openFirewall();
        const live = [CLIENT, CLIENT6, STRANGER].map((source) => ({ door: DOOR, source, left: MINUTE }));
        await firewall.install([...GATES, gate('once', 'tcp/23', true)], live);
        await firewall.watch();
        // Used, or taken out by somebody: no loss.
        assert.equal(
          await firewall.isInPlace([...live, { door: 'once', source: CLIENT, left: MINUTE }]),
          true,
        );
        await firewall.revoke(DOOR, CLIENT);
        assert.equal(await firewall.isInPlace(live), true);
        const seen = firewall.changes;
        await situation.flushLeases?.(stage.wire.server, DOOR);
        await firewall.changed(seen + 1);
        assert.equal(await firewall.isInPlace([]), true);
        assert.equal(await firewall.isInPlace(live.map((grant) => ({ ...grant, left: 1000 }))), true);
        assert.equal(await firewall.isInPlace(live), false);
        await firewall.install(GATES, live);
        assert.equal(await firewall.isInPlace(live), true);
        for (const { source } of live) await prober.assertOpen('tcp', source, 22);
      },
    );
  });
}

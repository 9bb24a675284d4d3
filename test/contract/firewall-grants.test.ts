/** How long grants last, on every kind of host, and what becomes of many at once. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { gate } from '../lab/example-gates.ts';
import { Connection } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { FirewallFixture, STRANGER6 } from './firewall-fixture.ts';
import { DOOR, GATES, MINUTE, SITUATIONS, testOn } from './firewall-situations.ts';

/** Hosts whose kernel ends grants, and the others. */
const ENDING = SITUATIONS.filter(({ closesByItself }) => closesByItself);
const NOT_ENDING = SITUATIONS.filter(({ closesByItself }) => !closesByItself);

for (const situation of SITUATIONS) {
  describe(`grants, ${situation.name}`, { concurrency: 2 }, () => {
    const test = testOn(situation);
    const endsHere = testOn(situation, ENDING);
    const endsElsewhere = testOn(situation, NOT_ENDING);

    endsHere(
      'closes at its time by the kernel alone, the process being dead; what is established lives on',
      async () => {
        await using stage = await FirewallFixture.create(situation);
        await using prober = await stage.openProber();
        await using firewall = await stage.openFirewall();
        await firewall.install(GATES);
        for (const source of [CLIENT, CLIENT6]) await firewall.grant(DOOR, source, 1500);
        const end = performance.timeOrigin + performance.now() + 1500;
        await using connection = await Connection.open(stage.wire.client, SERVER, 22, CLIENT);
        await using connection6 = await Connection.open(stage.wire.client, SERVER6, 22, CLIENT6);
        await firewall.kill();
        const ends = await Promise.all([
          prober.sawShut('tcp', CLIENT, 22),
          prober.sawShut('tcp', CLIENT6, 8005 + 5),
          prober.sawShut('udp', CLIENT, 51820),
        ]);
        // The match `time` counts whole seconds of the wall clock.
        for (const shut of ends)
          assert.ok(shut - end > -1000 && shut - end < 2000, `closed ${shut - end} ms off its time`);
        await connection.assertAlive();
        await connection6.assertAlive();
        await prober.assertOpen('tcp', CLIENT, 4444);
      },
    );

    endsElsewhere('outlives its process; the next one ends it; what is established lives on', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install(GATES);
      for (const source of [CLIENT, STRANGER]) await firewall.grant(DOOR, source, MINUTE);
      await using connection = await Connection.open(stage.wire.client, SERVER, 22, CLIENT);
      await firewall.kill();
      await prober.assertOpen('tcp', CLIENT, 22);
      await using second = await stage.openFirewall();
      await second.install(GATES, [{ door: DOOR, source: STRANGER, left: MINUTE }]);
      await prober.assertShut('tcp', CLIENT, 22);
      await prober.assertOpen('tcp', STRANGER, 22);
      await connection.assertAlive();
    });

    endsElsewhere('a grant again is one grant still', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install(GATES);
      await firewall.grant(DOOR, CLIENT, 500);
      const once = await stage.list();
      await firewall.grant(DOOR, CLIENT, MINUTE);
      assert.equal(await stage.list(), once);
      await firewall.revoke(DOOR, CLIENT);
      await prober.assertShut('tcp', CLIENT, 22);
      await firewall.grant(DOOR, CLIENT, MINUTE);
      await prober.assertOpen('tcp', CLIENT, 22);
    });

    endsHere('a grant again sets the end anew, later or earlier', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install(GATES);
      await firewall.grant(DOOR, CLIENT, 500);
      await firewall.grant(DOOR, CLIENT, MINUTE);
      await firewall.grant(DOOR, STRANGER, 500);
      await prober.sawShut('tcp', STRANGER, 22);
      await prober.assertOpen('tcp', CLIENT, 22);
      await firewall.grant(DOOR, CLIENT, 300);
      await prober.sawShut('tcp', CLIENT, 22);
      // Both have run out by themselves: revoked all the same, and granted again.
      await firewall.revoke(DOOR, STRANGER);
      await firewall.grant(DOOR, STRANGER, MINUTE);
      await prober.assertOpen('tcp', STRANGER, 22);
    });

    test('many grants at once: all of them, the last for each source, and none if one is refused', async () => {
      await using stage = await FirewallFixture.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install([...GATES, gate('once', 'udp/51821', true)]);
      const others = Array.from({ length: 300 }, (_, n) => `10.9.${n >> 8}.${n & 255}`);
      await firewall.grantAll([
        { door: DOOR, source: CLIENT, left: MINUTE },
        ...others.map((source) => ({ door: DOOR, source, left: MINUTE })),
        { door: DOOR, source: CLIENT6, left: MINUTE },
        { door: 'once', source: CLIENT, left: MINUTE },
        { door: 'web', source: STRANGER, left: MINUTE },
        { door: DOOR, source: STRANGER, left: MINUTE },
        { door: DOOR, source: STRANGER, left: 0 },
      ]);
      await prober.assertOpen('tcp', CLIENT, 22);
      await prober.assertOpen('tcp', CLIENT6, 22);
      await prober.assertOpen('tcp', STRANGER, 8080);
      await prober.assertShut('tcp', STRANGER, 22);
      await prober.assertOpen('udp', CLIENT, 51821);
      await prober.assertShut('udp', CLIENT, 51821);
      await assert.rejects(
        firewall.grantAll([
          { door: DOOR, source: STRANGER6, left: MINUTE },
          { door: DOOR, source: CLIENT, left: MINUTE },
          { door: 'nowhere', source: STRANGER, left: MINUTE },
        ]),
        /FirewallError/,
      );
      await prober.assertShut('tcp', STRANGER6, 22);
      await prober.assertOpen('tcp', CLIENT, 22);
    });
  });
}

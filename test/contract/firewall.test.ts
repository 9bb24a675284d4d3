/**
 * What every firewall adapter does on every kind of host, seen by real connections. `firewall-stage.ts` draws the
 * hosts; a new adapter or host is one more entry in `SITUATIONS`.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Connection } from '../netns/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../netns/wire.ts';
import { type Situation, STRANGER6, Stage, serverOf } from './firewall-stage.ts';
import { gate } from './gates.ts';
import { IPTABLES_SITUATIONS } from './iptables-situations.ts';
import { NFTABLES_SITUATIONS } from './nftables-situations.ts';

const SITUATIONS: readonly Situation[] = [...NFTABLES_SITUATIONS, ...IPTABLES_SITUATIONS];

/** The name is as hostile as the configuration lets it be. */
const DOOR = 'my "door"; flush ruleset #ü';
const GATES = [gate(DOOR, 'tcp/22, tcp/8000-8010, udp/51820'), gate('web', 'tcp/8080 forward')];
/** Has rules for what services send, too. */
const CUT = { ...gate('cut', 'tcp/24, udp/8001 forward'), closeKills: true };
const MINUTE = 60_000;

/** Services that end each connection by a reset once they have been spoken to. */
const RESETTING = `
  const { createServer } = require('node:net');
  const serve = (port, then) => createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.resetAndDestroy());
  }).listen(port, '0.0.0.0', then);
  serve(23, () => serve(24, () => console.log('serving')));
`;

/** Speaks to such a service from a port that is always the same, and says how it went. */
const CONNECTING = `
  const [port, local, localAddress, host] = process.argv.slice(1);
  const localPort = Number(local);
  const socket = require('node:net').connect({ port, localPort, localAddress, host }, () => socket.write('word'));
  const end = (how) => { process.stdout.write(how); process.exit(0); };
  socket.on('error', ({ code }) => end(code === 'ECONNRESET' ? 'reset' : code));
  setTimeout(end, 700, 'shut');
`;

for (const situation of SITUATIONS) {
  describe(situation.name, { concurrency: 2 }, () => {
    test('closed before, open for the granted source alone, in both families, closed by revoke', async () => {
      await using stage = await Stage.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install(GATES);
      for (const [source, stranger] of [
        [CLIENT, STRANGER],
        [CLIENT6, STRANGER6],
      ] as const) {
        const ports = [
          ['tcp', 22],
          ['tcp', 8000],
          ['tcp', 8010],
          ['udp', 51820],
        ] as const;
        await Promise.all(ports.map(([protocol, port]) => prober.assertShut(protocol, source, port)));
        await firewall.grant(DOOR, source, MINUTE);
        await Promise.all(ports.map(([protocol, port]) => prober.assertOpen(protocol, source, port)));
        await Promise.all(ports.map(([protocol, port]) => prober.assertShut(protocol, stranger, port)));
        await prober.assertShut('tcp', source, 8080);
        await firewall.revoke(DOOR, source);
        await Promise.all(ports.map(([protocol, port]) => prober.assertShut(protocol, source, port)));
        await firewall.revoke(DOOR, source);
      }
    });

    test('a published port: closed, open for the granted source alone', async () => {
      await using stage = await Stage.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install(GATES);
      for (const [source, stranger] of [
        [CLIENT, STRANGER],
        [CLIENT6, STRANGER6],
      ] as const) {
        await prober.assertShut('tcp', source, 8080);
        await firewall.grant('web', source, MINUTE);
        await prober.assertOpen('tcp', source, 8080);
        await prober.assertShut('tcp', stranger, 8080);
        await prober.assertShut('tcp', source, 22);
        await firewall.revoke('web', source);
        await prober.assertShut('tcp', source, 8080);
      }
    });

    test('a published port that this host itself listens on, as a container runtime’s proxy does', async () => {
      await using stage = await Stage.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install([gate('web', 'tcp/8011 forward, udp/51820 forward')]);
      for (const [source, stranger] of [
        [CLIENT, STRANGER],
        [CLIENT6, STRANGER6],
      ] as const) {
        for (const [protocol, port] of [
          ['tcp', 8011],
          ['udp', 51820],
        ] as const) {
          await prober.assertShut(protocol, source, port);
          await firewall.grant('web', source, MINUTE);
          await prober.assertOpen(protocol, source, port);
          await prober.assertShut(protocol, stranger, port);
          await firewall.revoke('web', source);
          await prober.assertShut(protocol, source, port);
        }
      }
    });

    test('a service that resets lets nobody in again from the same port, without a lease', async () => {
      await using stage = await Stage.create(situation);
      const { client, server } = stage.wire;
      await using service = server.start(process.execPath, '-e', RESETTING);
      await service.saw(/serving/);
      await using firewall = await stage.openFirewall();
      await firewall.install([gate('one', 'tcp/23', true), gate('any', 'tcp/24')]);
      const connect = (port: number): Promise<string> =>
        client.run(process.execPath, '-e', CONNECTING, `${port}`, `${port + 40_000}`, CLIENT, SERVER);
      await firewall.grant('one', CLIENT, MINUTE);
      assert.equal(await connect(23), 'reset');
      assert.equal(await connect(23), 'shut', 'its single use is spent');
      await firewall.grant('one', CLIENT, MINUTE);
      assert.equal(await connect(23), 'reset', 'let in anew');
      await firewall.grant('any', CLIENT, MINUTE);
      assert.equal(await connect(24), 'reset');
      assert.equal(await connect(24), 'reset');
      await firewall.revoke('any', CLIENT);
      assert.equal(await connect(24), 'shut', 'its lease is over');
    });

    const endsHere = situation.closesByItself ? test : undefined;
    const endsElsewhere = situation.closesByItself ? undefined : test;

    endsHere?.(
      'closes at its time by the kernel alone, the process being dead; what is established lives on',
      async () => {
        await using stage = await Stage.create(situation);
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
        for (const shut of ends)
          assert.ok(Math.abs(shut - end) < 1000, `closed ${shut - end} ms off its time`);
        await connection.assertAlive();
        await connection6.assertAlive();
        await prober.assertOpen('tcp', CLIENT, 4444);
      },
    );

    endsElsewhere?.('outlives its process; the next one ends it; what is established lives on', async () => {
      await using stage = await Stage.create(situation);
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

    endsElsewhere?.('a grant again is one grant still', async () => {
      await using stage = await Stage.create(situation);
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

    endsHere?.('a grant again sets the end anew, later or earlier', async () => {
      await using stage = await Stage.create(situation);
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
      // Both have run out by themselves: revoked all the same, and granted anew.
      await firewall.revoke(DOOR, STRANGER);
      await firewall.grant(DOOR, STRANGER, MINUTE);
      await prober.assertOpen('tcp', STRANGER, 22);
    });

    test('installed again, by this process or another: no second copy, and the grants given', async () => {
      await using stage = await Stage.create(situation);
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

    test('what is somebody else’s is the same, byte for byte, with it, after it, and after a crash of it', async () => {
      await using stage = await Stage.create(situation);
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

    test('somebody flushes the rules: noticed, and put back', async () => {
      await using stage = await Stage.create(situation);
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

    const flushesHere = situation.flushLeases === undefined ? undefined : test;

    flushesHere?.(
      'somebody flushes the leases alone: seen; one that is missing among others is not',
      async () => {
        await using stage = await Stage.create(situation);
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

    test('many grants at once: all of them, the last for each source, and none if one is refused', async () => {
      await using stage = await Stage.create(situation);
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

    test('connections to be cut or held: the same are let in, and what they were told stays in place', async () => {
      await using stage = await Stage.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      const gates = [
        { ...gate('cut', 'tcp/22, udp/51820, tcp/8080 forward'), closeKills: true },
        { ...gate('hold', 'tcp/8000'), hold: true },
        { ...gate('once', 'udp/51821', true), hold: true, closeKills: true },
      ];
      await firewall.install(gates);
      for (const source of [CLIENT, CLIENT6]) {
        for (const port of [22, 8000, 8080]) await prober.assertShut('tcp', source, port);
        for (const { door } of gates) await firewall.grant(door, source, MINUTE);
        for (const port of [22, 8000, 8080]) await prober.assertOpen('tcp', source, port);
        for (const port of [51820, 51821]) await prober.assertOpen('udp', source, port);
        await prober.assertShut('udp', source, 51821);
      }
      await prober.assertShut('tcp', STRANGER, 22);
      assert.equal(await firewall.isInPlace(), true);
      await firewall.install(gates);
      assert.equal(await firewall.isInPlace(), true);
      await firewall.remove();
      assert.equal(await firewall.isInPlace(), false);
    });

    test('single use: of two connections at once from one source one gets in, 100 times', async () => {
      await using stage = await Stage.create(situation);
      await using one = await stage.openProber(0);
      await using other = await stage.openProber(1);
      await using firewall = await stage.openFirewall();
      await firewall.install([gate('once', 'tcp/22', true), gate('always', 'tcp/8000')]);
      const sources = await addSources(stage, 50);
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

    test('single use: a connection let in may repeat itself before it is answered', async () => {
      await using stage = await Stage.create(situation);
      await using prober = await stage.openProber();
      await using firewall = await stage.openFirewall();
      await firewall.install([gate('once', 'udp/51821', true)]);
      for (const source of [CLIENT, CLIENT6]) {
        await firewall.grant('once', source, MINUTE);
        await prober.assertOpen('udp', source, 51821);
        await prober.assertShut('udp', source, 51821);
      }
    });

    test('single use: after a crash what is unused is good still, after a flush nothing is', async () => {
      await using stage = await Stage.create(situation);
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

    test('single use: a knock again is good once more, the same rules put in place again are not', async () => {
      await using stage = await Stage.create(situation);
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
async function addSources(stage: Stage, count: number): Promise<string[]> {
  const sources = Array.from({ length: count }, (_, n) => [`10.7.0.${100 + n}`, `fd07::1:${n}`]).flat();
  const lines = sources.map((source) =>
    source.includes(':') ? `addr add ${source}/64 dev eth0 nodad` : `addr add ${source}/24 dev eth0`,
  );
  await stage.wire.client.run('sh', '-c', 'printf "%s\\n" "$0" | ip -batch -', lines.join('\n'));
  return sources;
}

/** What every firewall adapter opens and closes on every kind of host, seen by real connections. `firewall-fixture.ts` draws
 * the hosts.
 */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { gate } from '../lab/example-gates.ts';
import { CLIENT, CLIENT6, SERVER, STRANGER } from '../lab/wire.ts';
import { FirewallFixture, STRANGER6 } from './firewall-fixture.ts';
import { DOOR, GATES, MINUTE, SITUATIONS, testOn } from './firewall-situations.ts';

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
    const test = testOn(situation);
    test('closed before, open for the granted source alone, in both families, closed by revoke', async () => {
      await using stage = await FirewallFixture.create(situation);
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
      await using stage = await FirewallFixture.create(situation);
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
      await using stage = await FirewallFixture.create(situation);
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

    test('a connection that the service reset cannot be opened again from the same port without a lease', async () => {
      await using stage = await FirewallFixture.create(situation);
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

    test('doors that cut or hold connections let in the same sources', async () => {
      await using stage = await FirewallFixture.create(situation);
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
  });
}

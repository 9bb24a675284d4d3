/**
 * Every sort of knock.
 *
 *     client                          server
 *     eth0 10.7.0.2 fd07::2     ────  eth0 10.7.0.1 fd07::1
 *     knock, C knock, nc, hping3      knockd
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

const DOORS = `[tcp]
  sequence = 7000,8000,9000
  tcpflags = syn

[udp]
  sequence = 7001:udp,8001:udp,9001:udp

[mixed]
  sequence = 7002:tcp,8002:udp,9002:tcp
  tcpflags = syn,!ack
`;

const KNOCKERS = { 'C knock': [C_KNOCK], 'our knock': KNOCK } as const;
const HOSTS = { IPv4: [SERVER, CLIENT], IPv6: [SERVER6, CLIENT6] } as const;

const openings = (source: string, door: string): RegExp => new RegExp(`${source}: ${door}: OPEN SESAME`, 'g');

describe('every kind of knock', { concurrency: 4 }, () => {
  for (const [knocker, [program, ...first]] of Object.entries(KNOCKERS)) {
    for (const [family, [host, source]] of Object.entries(HOSTS)) {
      test(`${knocker} over ${family}: TCP, UDP and both mixed`, async () => {
        await using wire = await Wire.create();
        using directory = new WorkDirectory();
        await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
        const knock = (...args: string[]): Promise<string> =>
          wire.client.run(program as string, ...first, ...args);

        await knock(host, '7000', '8000', '9000');
        await knock('-u', host, '7001', '8001', '9001');
        await knock(host, '7002:tcp', '8002:udp', '9002:tcp');
        for (const door of ['tcp', 'udp', 'mixed']) await knockd.saw(openings(source, door));

        // The right ports by the wrong protocol, and the right knocks in the wrong order.
        await knock('-u', host, '7000', '8000', '9000');
        await knock(host, '9000', '8000', '7000');
        await fence(knockd, wire.client, host);
        for (const door of ['tcp', 'udp', 'mixed'])
          assert.equal(knockd.count(openings(source, door)), 1, door);
      });
    }
  }

  test('nc in parallel on a host that drops: retransmissions neither disturb nor open a second time', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await shutFirewall(wire.server);
    await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
    await using tap = wire.server.start(
      ...(['tcpdump', '-l', '-n', '--immediate-mode', '-i', 'eth0', 'tcp'] as const),
    );
    await tap.saw(/listening on/);

    // Each knock waits for the retransmission of the one before: all of them fall into the middle of the attempt.
    for (const port of [7000, 8000, 9000]) {
      await using _nc = wire.client.start('nc', '-w', '2', SERVER, `${port}`);
      await tap.saw(new RegExp(`> 10\\.7\\.0\\.1\\.${port}: Flags \\[S\\]`), 2);
    }
    await knockd.saw(openings(CLIENT, 'tcp'));

    const loop = 'for i in 7000 8000 9000; do nc -w 2 "$0" $i & sleep 0.1; done; wait';
    await wire.client.run('sh', '-c', loop, SERVER);
    await tap.saw(/> 10\.7\.0\.1\.9000: Flags \[S\]/, 4);
    await fence(knockd, wire.client, SERVER);
    assert.equal(knockd.count(openings(CLIENT, 'tcp')), 2, 'once for each of the two rounds');
    assert.equal(knockd.count(/10\.7\.0\.2: tcp: Stage 1/g), 2);
  });

  test('hping3: flags that must be set, and flags that must not', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const doors = `[fin]
  sequence = 7000,8000,9000
  tcpflags = fin,!syn,!rst,!ack

[christmas]
  sequence = 7000,8000,9000
  tcpflags = FIN,PSH,URG

[synnotack]
  sequence = 7000,8000,9000
  tcpflags = syn,!ack
`;
    await using knockd = await startKnockd(wire.server, directory, doors, '-i', 'eth0');
    const hping = async (...flags: string[]): Promise<void> => {
      for (const port of ['7000', '8000', '9000']) {
        // It exits with status 1 when nothing answers, as nothing does here to most flags.
        await wire.client.status('hping3', '-q', '-c', '1', '-i', 'u1', ...flags, '-p', port, SERVER);
      }
    };
    const opened = async (): Promise<Record<string, number>> => {
      await fence(knockd, wire.client, SERVER);
      const count = (door: string): number => knockd.count(openings(CLIENT, door));
      return { fin: count('fin'), christmas: count('christmas'), synnotack: count('synnotack') };
    };

    await hping('-S');
    assert.deepEqual(await opened(), { fin: 0, christmas: 0, synnotack: 1 });
    await hping('-S', '-A');
    assert.deepEqual(await opened(), { fin: 0, christmas: 0, synnotack: 1 });
    await hping('-F');
    assert.deepEqual(await opened(), { fin: 1, christmas: 0, synnotack: 1 });
    await hping('-F', '-P', '-U');
    assert.deepEqual(await opened(), { fin: 2, christmas: 1, synnotack: 1 });
  });

  test('a packet whose flags do not match leaves the attempt alone; a wrong port ends it; the first port restarts', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
    const { client } = wire;

    await client.run(C_KNOCK, SERVER, '7000', '8000');
    await client.status('hping3', '-q', '-c', '1', '-i', 'u1', '-A', '-p', '7000', SERVER);
    await client.run(C_KNOCK, SERVER, '9000');
    await knockd.saw(openings(CLIENT, 'tcp'));

    await client.run(C_KNOCK, SERVER, '7000', '9000', '8000', '9000');
    await client.run(C_KNOCK, SERVER, '7000', '8000', '7000', '8000', '9000');
    await fence(knockd, client, SERVER);
    assert.equal(knockd.count(openings(CLIENT, 'tcp')), 2);
  });
});

/**
 * Which interfaces are listened on.
 *
 *     client                        server
 *     eth0 10.7.0.2 fd07::2   ────  eth0 10.7.0.1 fd07::1
 *     eth1 10.8.0.2 fd08::2   ────  eth1 10.8.0.1 fd08::1
 *     eth2 10.9.0.2 fd09::2   ────  eth2 10.9.0.1 fd09::1
 *                                   lo   127.0.0.1 ::1
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, knockUntilOpen, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';
import { Wire } from '../lab/wire.ts';

const DOOR = `[door]
  sequence = 7000,8000:udp,9000
  tcpflags = syn
`;
const withInterface = (value: string): string => `[options]\n  interface = ${value}\n\n${DOOR}`;

const knock = (from: Namespace, host: string): Promise<string> =>
  from.run(C_KNOCK, host, '7000:tcp', '8000:udp', '9000:tcp');
const openings = (source: string): RegExp =>
  new RegExp(`^${source.replaceAll('.', '\\.')}: door: OPEN SESAME`, 'gm');

async function wireOfThree(): Promise<Wire> {
  const wire = await Wire.create();
  await wire.addPair('eth1', 8);
  await wire.addPair('eth2', 9);
  return wire;
}

/** Knocks at every address of the server; the daemon opens exactly those of `heard`. */
async function assertHears(wire: Wire, knockd: Program, heard: readonly string[]): Promise<void> {
  const nets = { eth0: 7, eth1: 8, eth2: 9 } as const;
  const counts = new Map<string, number>();
  for (const net of Object.values(nets)) {
    for (const source of [`10.${net}.0.2`, `fd0${net}::2`]) {
      counts.set(source, knockd.count(openings(source)));
      await knock(wire.client, source.replace(/2$/, '1'));
    }
  }
  for (const [device, net] of Object.entries(nets)) {
    if (heard.includes(device)) await fence(knockd, wire.client, `10.${net}.0.1`);
  }
  for (const [device, net] of Object.entries(nets)) {
    for (const source of [`10.${net}.0.2`, `fd0${net}::2`]) {
      const more = knockd.count(openings(source)) - (counts.get(source) ?? 0);
      assert.equal(more, heard.includes(device) ? 1 : 0, `openings for ${source} on ${device}`);
    }
  }
}

describe('which interfaces are listened on', { concurrency: 4 }, () => {
  const choices: readonly { name: string; config: string; options: string[]; heard: string[] }[] = [
    { name: 'all by default', config: DOOR, options: [], heard: ['eth0', 'eth1', 'eth2'] },
    { name: '-i eth1', config: withInterface('eth0'), options: ['-i', 'eth1'], heard: ['eth1'] },
    {
      name: 'interface = eth0,eth2',
      config: withInterface('eth0,eth2'),
      options: [],
      heard: ['eth0', 'eth2'],
    },
    { name: 'interface = any', config: withInterface('any'), options: [], heard: ['eth0', 'eth1', 'eth2'] },
  ];
  for (const { name, config, options, heard } of choices) {
    test(name, async () => {
      await using wire = await wireOfThree();
      using directory = new WorkDirectory();
      await using knockd = await startKnockd(wire.server, directory, config, ...options);
      await assertHears(wire, knockd, heard);
    });
  }

  test('loopback, over IPv4 and IPv6, where every packet is sent and received on one interface', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOOR);
    for (const host of ['127.0.0.1', '::1']) {
      await knock(wire.server, host);
      await fence(knockd, wire.server, host);
      assert.equal(knockd.count(openings(host)), 1, host);
    }
    assert.equal(knockd.count(/door: Stage 2/g), 2, 'the packet of UDP counts once');
  });

  test('an address of one interface, knocked at through another, is the host’s own all the same', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await wire.server.ip('addr add 10.77.0.1/32 dev lo');
    await wire.client.ip('route add 10.77.0.1/32 via 10.7.0.1');
    await using knockd = await startKnockd(wire.server, directory, DOOR);
    await knock(wire.client, '10.77.0.1');
    await knockd.saw(openings('10.7.0.2'));
  });

  test('what is only forwarded is not a knock', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await wire.server.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
    await wire.client.ip('route add 10.99.0.0/24 via 10.7.0.1');
    await using knockd = await startKnockd(wire.server, directory, DOOR);
    await knock(wire.client, '10.99.0.5');
    await fence(knockd, wire.client, '10.7.0.1');
    assert.equal(knockd.count(openings('10.7.0.2')), 0);
  });

  test('auto: the interfaces with a default route, and it follows when the route moves', async () => {
    await using wire = await wireOfThree();
    using directory = new WorkDirectory();
    await wire.server.ip('route add default via 10.8.0.2 dev eth1');
    await using knockd = await startKnockd(wire.server, directory, withInterface('auto'));
    await assertHears(wire, knockd, ['eth1']);

    await wire.server.ip('route replace default via 10.9.0.2 dev eth2');
    await knockUntilOpen(knockd, () => knock(wire.client, '10.9.0.1'), openings('10.9.0.2'));
    await assertHears(wire, knockd, ['eth2']);
  });
});

/**
 * Interfaces and addresses that come, go and change under a running daemon: never deaf, never dead.
 *
 *     client                        server
 *     eth0 10.7.0.2 fd07::2   ────  eth0 10.7.0.1 fd07::1
 *     eth1 10.8.0.2 fd08::2   ────  eth1 10.8.0.1 fd08::1   (made, deleted, made again)
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, knockUntilOpen, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { SERVER, SERVER6, Wire } from '../lab/wire.ts';

const DOOR = `[door]
  sequence = 7000,8000:udp,9000
  tcpflags = syn
`;
const knock = (from: Namespace, host: string, ...options: string[]): Promise<string> =>
  from.run(C_KNOCK, ...options, host, '7000:tcp', '8000:udp', '9000:tcp');
const FROM_ETH0 = /^(10\.7\.0\.2|fd07::2): door: OPEN SESAME/gm;
const FROM_ETH1 = /^(10\.8\.0\.2|fd08::2): door: OPEN SESAME/gm;

async function indexOf(namespace: Namespace, device: string): Promise<string> {
  return (await namespace.run('cat', `/sys/class/net/${device}/ifindex`)).trim();
}

describe('changes of the network', { concurrency: 4 }, () => {
  for (const options of [[], ['-i', 'eth1'], ['-i', 'eth0,eth1']]) {
    const named = options[1] ?? 'all interfaces';
    test(`${named}: eth1 is not there at start, is made, deleted and made again`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      await using knockd = await startKnockd(wire.server, directory, DOOR, ...options);
      const heardOn = async (host: string): Promise<void> => {
        await knockUntilOpen(knockd, () => knock(wire.client, host), FROM_ETH1);
      };

      await wire.addPair('eth1', 8);
      await heardOn('10.8.0.1');
      await heardOn('fd08::1');
      assert.match(knockd.output, /eth1/, 'the change is logged');
      const index = await indexOf(wire.server, 'eth1');

      const logged = knockd.count(/eth1/g);
      await wire.client.ip('link del eth1');
      await knockd.saw(/eth1/, logged + 1);
      // Another interface takes its place in the numbering.
      await wire.addPair('other', 9);
      await wire.addPair('eth1', 8);
      assert.notEqual(await indexOf(wire.server, 'eth1'), index);
      await heardOn('10.8.0.1');
      await heardOn('fd08::1');
      assert.ok(knockd.running);
      assert.equal((await knockd.stop()).code, 0);
    });
  }

  test('an address added while running is heard, one taken away is not', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOOR);
    for (const [host, prefix] of [
      ['10.7.0.9', 24],
      ['fd07::9', 64],
    ] as const) {
      const nodad = host.includes(':') ? ' nodad' : '';
      await wire.server.ip(`addr add ${host}/${prefix} dev eth0${nodad}`);
      await knockUntilOpen(knockd, () => knock(wire.client, host), FROM_ETH0);
      assert.ok(knockd.output.includes(host), 'the change is logged');

      const logged = knockd.output.split(host).length - 1;
      await wire.server.ip(`addr del ${host}/${prefix} dev eth0`);
      await knockd.saw(new RegExp(host.replaceAll('.', '\\.')), logged + 1);
      const opened = knockd.count(FROM_ETH0);
      // The client still takes the server for a neighbour (or a router) of that address.
      await knock(wire.client, host);
      await fence(knockd, wire.client, SERVER);
      assert.equal(knockd.count(FROM_ETH0), opened, `${host} is not the host’s own any more`);
    }
  });

  test('the link goes down and comes up again', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOOR, '-i', 'eth0');
    await knock(wire.client, SERVER);
    await knockd.saw(FROM_ETH0);

    await wire.server.ip('link set eth0 down');
    await wire.server.ip('link set eth0 up');
    await knockUntilOpen(knockd, () => knock(wire.client, SERVER), FROM_ETH0);
    // The kernel takes the IPv6 addresses of an interface away when it goes down.
    await wire.server.ip(`addr add ${SERVER6}/64 dev eth0 nodad`);
    await knockUntilOpen(knockd, () => knock(wire.client, SERVER6), FROM_ETH0);
    assert.ok(knockd.running);
  });

  test('an interface that is renamed is listened on by its new name', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOOR, '-i', 'wan');
    await wire.server.ip('link set eth0 down');
    await wire.server.ip('link set eth0 name wan');
    await wire.server.ip('link set wan up');
    await knockUntilOpen(knockd, () => knock(wire.client, SERVER), FROM_ETH0);
  });
});

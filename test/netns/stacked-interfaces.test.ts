/**
 * Interfaces on top of interfaces, where the kernel shows one packet several times: a knock counts once.
 *
 *     client                               server
 *     eth0 ──── port ─┐
 *                     br0 10.7.0.1 fd07::1            (bridge: the packet is seen on port and on br0)
 *
 *     eth0 ──── eth0 ─┬ upper 10.7.0.1 fd07::1        (macvlan, VLAN: seen on eth0 and on upper)
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { addAddresses, CLIENT, CLIENT6, linkUp, SERVER, SERVER6 } from '../lab/wire.ts';

/** A packet that counted twice would open the second door, which takes every port twice, at half its knocks. */
const DOORS = `[once]
  sequence = 7000:udp,8000:udp,9000:udp

[twice]
  sequence = 7000:udp,7000:udp,8000:udp,8000:udp,9000:udp,9000:udp
`;

type Stack = {
  readonly name: string;
  /** The client's device that carries its addresses, and the server's. */
  readonly devices: readonly [client: string, server: string];
  readonly build: (client: Namespace, server: Namespace) => Promise<void>;
};

const pair = (client: Namespace, server: Namespace, peer: string): Promise<string> =>
  client.ip(`link add eth0 type veth peer name ${peer} netns ${server.name}`);

const STACKS: readonly Stack[] = [
  {
    name: 'a bridge that has the address of its port',
    devices: ['eth0', 'br0'],
    build: async (client, server) => {
      await pair(client, server, 'port');
      await server.ip('link add br0 type bridge');
      await server.ip('link set port master br0 up');
      // The way back is by the bridge, and a packet that is seen on its port is none that rp_filter throws away.
      await server.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter');
    },
  },
  {
    name: 'a bridge with an address of its own',
    devices: ['eth0', 'br0'],
    build: async (client, server) => {
      await pair(client, server, 'port');
      await server.ip('link add br0 address 02:00:00:00:00:07 type bridge');
      await server.ip('link set port master br0 up');
    },
  },
  {
    name: 'a macvlan',
    devices: ['eth0', 'upper'],
    build: async (client, server) => {
      await pair(client, server, 'eth0');
      await server.ip('link add link eth0 name upper type macvlan mode bridge');
      // Else eth0 answers for the addresses of its macvlan, which then receives nothing.
      await server.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore');
      await server.ip('link set eth0 up');
    },
  },
  {
    name: 'a VLAN',
    devices: ['eth0.7', 'upper'],
    build: async (client, server) => {
      await pair(client, server, 'eth0');
      await client.ip('link add link eth0 name eth0.7 type vlan id 7');
      await server.ip('link add link eth0 name upper type vlan id 7');
      await client.ip('link set eth0 up');
      await server.ip('link set eth0 up');
    },
  },
];

/** Kernels without 802.1Q exist: there, nobody can have a VLAN interface. */
async function kernelHasVlan(): Promise<boolean> {
  await using namespace = await Namespace.create();
  await namespace.ip('link add port type veth peer name other');
  return namespace.ip('link add link port name upper type vlan id 7').then(
    () => true,
    () => false,
  );
}

describe('a packet that the kernel shows several times counts once', { concurrency: 4 }, async () => {
  const hasVlan = await kernelHasVlan();
  for (const { name, devices, build } of STACKS) {
    if (name === 'a VLAN' && !hasVlan) continue;
    for (const options of [[], ['-i', devices[1]]]) {
      test(`${name}, ${options[1] === undefined ? 'all interfaces' : `-i ${options[1]}`}`, async () => {
        await using client = await Namespace.create();
        await using server = await Namespace.create();
        using directory = new WorkDirectory();
        await build(client, server);
        await addAddresses(client, devices[0], CLIENT, CLIENT6);
        await addAddresses(server, devices[1], SERVER, SERVER6);
        await linkUp(client, devices[0]);
        await linkUp(server, devices[1]);
        await using knockd = await startKnockd(server, directory, DOORS, ...options);
        for (const [host, source] of [
          [SERVER, CLIENT],
          [SERVER6, CLIENT6],
        ] as const) {
          await client.run(C_KNOCK, '-u', host, '7000', '8000', '9000');
          await fence(knockd, client, host);
          assert.equal(knockd.count(new RegExp(`${source}: once: OPEN SESAME`, 'g')), 1, host);
          assert.equal(knockd.count(new RegExp(`${source}: twice: OPEN SESAME`, 'g')), 0, host);

          await client.run(C_KNOCK, '-u', host, '7000', '7000', '8000', '8000', '9000', '9000');
          await fence(knockd, client, host);
          assert.equal(knockd.count(new RegExp(`${source}: twice: OPEN SESAME`, 'g')), 1, host);
        }
      });
    }
  }
});

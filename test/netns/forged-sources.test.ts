/**
 * Packets from where nobody can send are no knocks: impossible sources, the host's own addresses from outside, VLANs
 * that the host has not, and what the kernel's rp_filter throws away. Frames are sent raw.
 *
 *     client                        server
 *     eth0  tcpreplay         ────  eth0 10.7.0.1 fd07::1
 *     eth1  tcpreplay         ────  eth1 10.8.0.1 fd08::1
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { familyOf } from '../../src/core/net/address.ts';
import type { Protocol } from '../../src/core/net/protocol.ts';
import { fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Program } from '../lab/program.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';
import { SERVER, SERVER6, Wire } from '../lab/wire.ts';
import { ControlFixture } from './control-fixture.ts';
import { address, frame, type Sender, send, senderOf, tagged } from './raw-frames.ts';

const DOORS = `[udp]
  sequence = 7201:udp,8202:udp
  start_command = true
[tcp]
  sequence = 7203,8204
  tcpflags = syn
  start_command = true
`;

const KNOCKS: Readonly<Record<Protocol, readonly number[]>> = { udp: [7201, 8202], tcp: [7203, 8204] };

/** Whom a door was opened to: `udp 10.7.0.9`. */
const openings = (knockd: Program): Set<string> =>
  new Set(
    [...knockd.output.matchAll(/^(\S+): (udp|tcp): OPEN SESAME$/gm)].map(([, who, door]) => `${door} ${who}`),
  );

const knocksOf = (sender: Sender, protocol: Protocol, source: string, destination: string): Buffer[] =>
  KNOCKS[protocol].map((port) => frame(sender, protocol, source, destination, port));

type Random = () => number;
const number = (random: Random, first: number, last: number): number =>
  first + Math.floor(random() * (last - first + 1));
const octets = (random: Random, count: number): string =>
  Array.from({ length: count }, () => number(random, 0, 255)).join('.');
const group = (random: Random): string => number(random, 1, 0xffff).toString(16);

const IMPOSSIBLE: readonly ((random: Random) => string)[] = [
  (random) => `0.${octets(random, 3)}`,
  () => '0.0.0.0',
  () => '255.255.255.255',
  (random) => `127.${octets(random, 3)}`,
  (random) => `${number(random, 224, 239)}.${octets(random, 3)}`,
  (random) => `${number(random, 240, 255)}.${octets(random, 3)}`,
  () => '10.7.0.255',
  () => SERVER,
  () => '203.0.113.77',
  (random) => `198.51.100.${number(random, 0, 255)}`,
  () => '::',
  () => '::1',
  (random) => `::${group(random)}:${group(random)}`,
  (random) => `::ffff:${octets(random, 4)}`,
  (random) => `ff${number(random, 0, 15).toString(16)}2::${group(random)}`,
  () => SERVER6,
  (random) => `2001:db8:1::${group(random)}`,
];

const POSSIBLE: readonly ((random: Random) => string)[] = [
  (random) => `${number(random, 1, 9)}.${octets(random, 3)}`,
  (random) => `10.7.0.${number(random, 4, 254)}`,
  (random) => `${number(random, 128, 191)}.${octets(random, 3)}`,
  (random) => `223.${octets(random, 3)}`,
  () => '126.255.255.255',
  () => '128.0.0.0',
  () => '1.0.0.0',
  (random) => `2001:db8:2::${group(random)}`,
  (random) => `fe80::${group(random)}`,
  (random) => `fd07::${group(random)}:${group(random)}`,
  (random) => `64:ff9b::${octets(random, 4)}`,
];

describe('packets with impossible source addresses', { concurrency: 2 }, () => {
  test('impossible sources open nothing and run nothing, possible ones beside them do', async (t) => {
    const random = seededRandom(t);
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await wire.server.ip('route add local 203.0.113.77/32 dev eth0');
    await wire.server.ip('route add local 198.51.100.0/24 dev lo');
    await wire.server.ip('-6 route add local 2001:db8:1::/64 dev lo');
    await using knockd = await startKnockd(wire.server, directory, DOORS);
    const sender = await senderOf(wire, 'eth0');
    const frames: Buffer[] = [];
    const expected = new Set<string>();
    for (let round = 0; round < 20; round++) {
      for (const [kinds, isPossible] of [
        [IMPOSSIBLE, false],
        [POSSIBLE, true],
      ] as const) {
        for (const kind of kinds) {
          const source = address(kind(random));
          const protocol = draw<Protocol>(random, ['udp', 'tcp']);
          frames.push(...knocksOf(sender, protocol, source, familyOf(source) === 4 ? SERVER : SERVER6));
          if (isPossible) expected.add(`${protocol} ${source}`);
        }
      }
    }
    await send(sender, directory, frames);
    await fence(knockd, wire.client, SERVER);
    assert.deepEqual([...openings(knockd)].sort(), [...expected].sort());
  });

  test('this host knocks at itself, from its own addresses and from loopback', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, DOORS);
    for (const host of [SERVER, '127.0.0.1', '::1', SERVER6]) {
      await wire.server.run('knock', ...(host.includes(':') ? ['-6'] : []), '-u', host, '7201', '8202');
      await knockd.saw(new RegExp(`^${host}: udp: OPEN SESAME$`, 'm'));
    }
  });

  test('broadcasts, and packets to loopback from outside, are not knocks', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    // Where the kernel would take them, too.
    await wire.server.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet');
    await using knockd = await startKnockd(wire.server, directory, DOORS);
    const plain = await senderOf(wire, 'eth0');
    const broadcast = { ...plain, macs: { ...plain.macs, destination: 'ff:ff:ff:ff:ff:ff' } };
    const frames: Buffer[] = [];
    let last = 50;
    for (const host of [
      '255.255.255.255',
      '10.7.0.255',
      '10.7.0.0',
      '224.0.0.1',
      '127.0.0.1',
      '127.8.9.1',
      '0.0.0.0',
    ]) {
      for (const sender of [plain, broadcast]) {
        last += 1;
        for (const protocol of ['udp', 'tcp'] as const)
          frames.push(...knocksOf(sender, protocol, `10.7.0.${last}`, host));
      }
    }
    for (const host of ['ff02::1', 'ff05::2', '::1', '::', 'fd07::', '::ffff:10.7.0.1']) {
      for (const sender of [plain, broadcast]) {
        last += 1;
        for (const protocol of ['udp', 'tcp'] as const)
          frames.push(...knocksOf(sender, protocol, `fd07::${last}`, host));
      }
    }
    // To this host, but to all on the wire: TCP and UDP take none such.
    for (const protocol of ['udp', 'tcp'] as const) {
      frames.push(
        ...knocksOf(broadcast, protocol, '10.7.0.99', SERVER),
        ...knocksOf(broadcast, protocol, 'fd07::99', SERVER6),
      );
    }
    await send(plain, directory, frames);
    await fence(knockd, wire.client, SERVER);
    assert.deepEqual([...openings(knockd)], []);
  });

  test('a VLAN that the host has not is none of its networks; a tag without a VLAN is', async () => {
    await using stage = await ControlFixture.create(DOORS);
    const { client, server, knockd, directory } = stage;
    const sender = await senderOf({ client, server }, 'eth0');
    const vlan = (source: string, host: string, id: number): Buffer[] =>
      (['udp', 'tcp'] as const).flatMap((one) =>
        knocksOf(sender, one, source, host).map((bytes) => tagged(bytes, id)),
      );
    await send(sender, directory, [
      ...vlan('10.7.0.55', SERVER, 5),
      ...vlan('fd07::55', SERVER6, 4094),
      ...vlan('10.7.0.56', SERVER, 0),
      ...vlan('fd07::56', SERVER6, 0),
    ]);
    await stage.fence();
    assert.deepEqual([...openings(knockd)].sort(), [
      'tcp 10.7.0.56',
      'tcp fd07::56',
      'udp 10.7.0.56',
      'udp fd07::56',
    ]);
    const { why } = await stage.json<{ why: { kind: string; sentence: string } }>('explain', '10.7.0.55');
    assert.equal(why.kind, 'other-vlan', why.sentence);
    assert.match(why.sentence, /VLAN for which this host has no interface/);
  });

  test('explain says why they did not count', async () => {
    await using stage = await ControlFixture.create(DOORS);
    const { client, server, directory } = stage;
    const sender = await senderOf({ client, server }, 'eth0');
    await send(sender, directory, [
      ...knocksOf(sender, 'udp', SERVER, SERVER),
      ...knocksOf(sender, 'udp', '10.7.0.255', SERVER),
    ]);
    await stage.fence();
    for (const [source, words] of [
      ['0.1.2.3', /nobody can send from 0\.1\.2\.3/],
      ['ff02::1', /nobody can send from ff02::1/],
      [SERVER, /came from outside with an address of this host/],
      ['10.7.0.255', /that nobody can send from/],
    ] as const) {
      const { why } = await stage.json<{ why: { kind: string; sentence: string } }>('explain', source);
      assert.equal(why.kind, 'forged', why.sentence);
      assert.match(why.sentence, words);
    }
  });

  /** What reaches a socket of the host is what the kernel takes; the daemon is to count the same, and no more. */
  test('rp_filter, by the kernel’s own judgement: every mode, both interfaces, routes of all kinds', async (t) => {
    const random = seededRandom(t);
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { server } = wire;
    await wire.addPair('eth1', 8);
    for (const route of [
      '192.0.2.0/24 via 10.8.0.2',
      '198.51.100.0/24 via 10.7.0.2',
      '198.18.0.0/16 nexthop via 10.7.0.2 nexthop via 10.8.0.2',
    ]) {
      await server.ip(`route add ${route}`);
    }
    await server.ip('route add blackhole 203.0.113.0/24');
    await using knockd = await startKnockd(
      server,
      directory,
      '[udp]\n  sequence = 7201:udp\n  start_command = true\n',
    );
    await using judge = server.start('perl', '-e', UDP_READER, '7201');
    await judge.saw(/bound\n/);
    const senders = [await senderOf(wire, 'eth0'), await senderOf(wire, 'eth1')] as const;
    let last = 0;
    for (let round = 0; round < 12; round++) {
      const modes = ['all', 'eth0', 'eth1'].map((name) => [name, number(random, 0, 2)] as const);
      for (const [name, mode] of modes) {
        await server.run('sh', '-c', `echo ${mode} > /proc/sys/net/ipv4/conf/${name}/rp_filter`);
      }
      for (const sender of senders) {
        last += 1;
        const host = draw(random, [SERVER, '10.8.0.1']);
        const nets = ['192.0.2', '198.51.100', '198.18.7', '203.0.113', '10.7.0', '10.8.0', '100.64.9'];
        const sources = nets.map((net) => `${net}.${10 + last}`);
        await send(
          sender,
          directory,
          sources.map((source) => frame(sender, 'udp', source, host, 7201)),
        );
      }
      await fence(knockd, wire.client, SERVER);
    }
    await wire.client.run('knock', '-u', SERVER, '7201');
    await judge.saw(/^10\.7\.0\.2$/m);
    const taken = new Set([...judge.output.matchAll(/^\d+\.\d+\.\d+\.\d+$/gm)].map(([source]) => source));
    const opened = new Set(
      [...knockd.output.matchAll(/^(\S+): udp: OPEN SESAME$/gm)].map(([, source]) => source),
    );
    const refused = new Set(
      [...knockd.output.matchAll(/^(\S+): udp: not opened: the kernel drops/gm)].map(([, source]) => source),
    );
    for (const source of refused) opened.delete(source);
    await fence(knockd, wire.client, SERVER);
    opened.add('10.7.0.2');
    assert.deepEqual([...opened].sort(), [...taken].sort());
    assert.ok(refused.size > 0, 'the kernel has thrown some away');
    assert.ok(taken.size > 20, 'and has taken some');
  });
});

/** Prints the source of each datagram. */
const UDP_READER = `use Socket; $| = 1; socket(S, PF_INET, SOCK_DGRAM, 0) or die;
setsockopt(S, SOL_SOCKET, SO_RCVBUF, 4194304);
bind(S, pack_sockaddr_in($ARGV[0], INADDR_ANY)) or die $!; print "bound\\n";
while (my $from = recv(S, my $m, 65536, 0)) { my (undef, $ip) = unpack_sockaddr_in($from); print inet_ntoa($ip), "\\n"; }`;

/** A `forward` port that is merely routed to a host behind this one is closed to strangers, and to nobody else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gate } from '../lab/example-gates.ts';
import type { Namespace } from '../lab/namespace.ts';
import { NetService } from '../lab/net-service.ts';
import { CLIENT, CLIENT6, STRANGER } from '../lab/wire.ts';
import {
  type Driver,
  FirewallFixture,
  feedNft,
  type Prober,
  type Situation,
  STRANGER6,
} from './firewall-fixture.ts';
import { SITUATIONS } from './firewall-situations.ts';

const MINUTE = 60_000;
const INNER = { 4: '10.8.0.2', 6: 'fd08::2' } as const;
const PORTS = ['tcp/9090', 'udp/9091'] as const;
const INGRESSES = [{ from: 'eth0', exceptTo: ['eth0'] }];
const DOOR = { ...gate('dmz', 'tcp/9090 forward, udp/9090-9091 forward'), ingresses: INGRESSES };
const PATIENCE = { waitMs: 10_000 };

/** What both sides serve, and the way to the inside. */
async function serve(stage: FirewallFixture): Promise<void> {
  const { client } = stage.wire;
  await client.ip('route add 10.8.0.0/24 via 10.7.0.1');
  await client.ip('-6 route add fd08::/64 via fd07::1');
  for (const namespace of [client, stage.inner]) {
    await NetService.start(namespace.name, 'portService', ...PORTS).saw(/serving/);
  }
}

const is6 = (address: string): boolean => address.includes(':');

/** Which ports of the inside these sources reach. */
async function reached(prober: Prober, sources: readonly string[], waitMs?: number): Promise<string[]> {
  const tried = sources.flatMap((from) =>
    PORTS.map(async (name) => {
      const [protocol, port] = name.split('/') as ['tcp' | 'udp', string];
      const wait = waitMs === undefined ? {} : { waitMs };
      const to = INNER[is6(from) ? 6 : 4];
      return (await prober.probe(protocol, from, to, Number(port), wait)).open ? [`${from} ${name}`] : [];
    }),
  );
  return (await Promise.all(tried)).flat();
}

/** What the hosts behind send to the same ports of the world. */
async function assertOutgoing(prober: Prober): Promise<void> {
  for (const [from, to] of [
    [INNER[4], CLIENT],
    // It is from there that the kernel answers.
    [INNER[6], STRANGER6],
  ] as const) {
    for (const [protocol, port] of [
      ['tcp', 9090],
      ['udp', 9091],
    ] as const) {
      const { open } = await prober.probe(protocol, from, to, port, PATIENCE);
      assert.ok(open, `the inside must reach ${protocol}/${port} of ${to}`);
    }
  }
}

const KNOCKERS = [CLIENT, CLIENT6];
const STRANGERS = [STRANGER, STRANGER6];
const all = (sources: readonly string[]): string[] =>
  sources.flatMap((from) => PORTS.map((name) => `${from} ${name}`));

async function assertClosed(firewall: Driver, outside: Prober): Promise<void> {
  assert.deepEqual(await reached(outside, [...STRANGERS, ...KNOCKERS]), [], 'open without a knock');
  await firewall.grantAll(KNOCKERS.map((source) => ({ door: 'dmz', source, left: MINUTE })));
  assert.deepEqual(await reached(outside, KNOCKERS, PATIENCE.waitMs), all(KNOCKERS), 'shut to a knocker');
  assert.deepEqual(await reached(outside, STRANGERS), [], 'open to a stranger');
  for (const source of KNOCKERS) await firewall.revoke('dmz', source);
  assert.deepEqual(await reached(outside, KNOCKERS), [], 'open after the lease');
}

/** What conntrack is told to look away from. */
const NOTRACK = `table inet away {
  chain pre { type filter hook prerouting priority raw; th dport 9090-9091 notrack; th sport 9090-9091 notrack; }
}`;

/** The owner lets the inside out. */
async function letOut(server: Namespace, { adapter }: Situation): Promise<void> {
  if (adapter.kind === 'iptables') {
    const variant = adapter.variant ?? 'iptables';
    for (const command of [variant, variant.replace('iptables', 'ip6tables')])
      await server.run(command, '-w', '-I', 'FORWARD', '-i', 'inner0', '-j', 'ACCEPT');
  } else if ('attach' in adapter) {
    await server.run('nft', 'insert rule inet filter forward iifname "inner0" accept');
  }
}

describe('routed, and closed all the same', { concurrency: 2 }, () => {
  for (const situation of SITUATIONS as readonly Situation[]) {
    test(situation.name, async () => {
      await using stage = await FirewallFixture.create(situation);
      await serve(stage);
      await letOut(stage.wire.server, situation);
      await using outside = await stage.openProber();
      await using inside = await stage.openProber(stage.inner);
      const before = await stage.list();
      await using firewall = await stage.openFirewall();
      await firewall.install([DOOR]);
      await assertClosed(firewall, outside);
      await assertOutgoing(inside);
      assert.equal(await firewall.isInPlace(), true);
      await feedNft(stage.wire.server, NOTRACK);
      await firewall.install([DOOR]);
      assert.deepEqual(
        await reached(outside, [...STRANGERS, ...KNOCKERS]),
        [],
        'open without a knock, untracked',
      );
      await stage.wire.server.run('nft', 'delete table inet away');
      await firewall.install([{ ...DOOR, closeKills: true }, gate('once', 'tcp/9095 forward', true)]);
      await assertClosed(firewall, outside);
      await firewall.install([{ ...DOOR, ingresses: [] }]);
      assert.deepEqual(await reached(outside, STRANGERS), [], 'open where no way to the world is known');
      await firewall.remove();
      assert.equal(await stage.list(), before);
    });
  }
});

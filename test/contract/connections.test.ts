/**
 * Connections through a host as the kernel tracks them: listed, and cut for good, on every kind of host.
 * `firewall-fixture.ts` draws the hosts. Services and clients talk all the time, so that what is not really cut shows.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrackedConnection } from '../../src/host/connections/connections.ts';
import { gate } from '../lab/example-gates.ts';
import type { NetService } from '../lab/net-service.ts';
import { PATIENCE_MS, type Program } from '../lab/program.ts';
import { startTalker, Talk } from '../lab/talking-services.ts';
import { CLIENT, CLIENT6, SERVER, STRANGER } from '../lab/wire.ts';
import {
  type Driver,
  FirewallFixture,
  FREE_PORT,
  feedNft,
  type Situation,
  STRANGER6,
  serverOf,
} from './firewall-fixture.ts';
import { SITUATIONS, testOn } from './firewall-situations.ts';
import { NFTABLES_SITUATIONS } from './nftables-situations.ts';

const MINUTE = 60_000;
const DOOR = 'talk';
const GATE = { ...gate(DOOR, 'tcp/9022, udp/9053, tcp/9080 forward, udp/9081 forward'), closeKills: true };
const PORTS = GATE.ports;

/** As a container runtime publishes ports under their own numbers: what a service begins leaves under the host's name. */
const TRANSLATED = `table inet talk {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "eth0" meta l4proto { tcp, udp } th dport { 9080, 9081 } dnat ip to 10.8.0.2
    iifname "eth0" meta l4proto { tcp, udp } th dport { 9080, 9081 } dnat ip6 to fd08::2
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "eth0" masquerade
  }
}`;

class Fixture implements AsyncDisposable {
  readonly stage: FirewallFixture;
  readonly firewall: Driver;
  readonly #looker: Program;
  readonly #services: { readonly here: NetService; readonly behind: NetService; readonly free: NetService };
  #calls = 0;

  private constructor(
    stage: FirewallFixture,
    firewall: Driver,
    looker: Program,
    services: readonly [NetService, NetService, NetService],
  ) {
    this.stage = stage;
    this.firewall = firewall;
    this.#looker = looker;
    const [here, behind, free] = services;
    this.#services = { here, behind, free };
  }

  static async create(situation: Situation): Promise<Fixture> {
    const stage = await FirewallFixture.create(situation);
    const { server } = stage.wire;
    await feedNft(server, TRANSLATED);
    await letServicesOut(stage, situation);
    const here = await startTalker(server, 'tcp/9022', 'udp/9053');
    const behind = await startTalker(stage.inner, 'tcp/9080', 'udp/9081');
    const free = await startTalker(stage.wire.client, `tcp/${FREE_PORT}`);
    const driver = new URL('connections-driver.ts', import.meta.url).pathname;
    const looker = server.start(process.execPath, '--disable-warning=ExperimentalWarning', driver);
    await looker.saw(/^ready$/m);
    const firewall = await stage.openFirewall();
    return new Fixture(stage, firewall, looker, [here, behind, free]);
  }

  talk(protocol: 'tcp' | 'udp', from: string, port: number): Promise<Talk> {
    const service = port >= 9080 ? this.#services.behind : this.#services.here;
    return Talk.begin(this.stage.wire.client, service, protocol, [from, serverOf(from), port]);
  }

  /** A talk that no firewall sees. */
  clock(): Promise<Talk> {
    const to = ['127.0.0.1', '127.0.0.1', FREE_PORT] as const;
    return Talk.begin(this.stage.wire.client, this.#services.free, 'tcp', to);
  }

  async ask(
    method: 'listNow' | 'list' | 'cut',
    sources: readonly string[] | 4 | 6,
    ports: readonly object[] = PORTS,
  ): Promise<TrackedConnection[]> {
    this.#calls++;
    this.#looker.write(`${JSON.stringify([this.#calls, method, sources, ports])}\n`);
    const answer = await this.#looker.saw(
      new RegExp(`^(?:done ${this.#calls} (.*)|failed ${this.#calls} (.*))\n`, 'm'),
    );
    if (answer[2] !== undefined) throw new Error(answer[2]);
    return JSON.parse(answer[1] ?? '') as TrackedConnection[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of [this.#looker, ...Object.values(this.#services)])
      await program[Symbol.asyncDispose]();
    await this.firewall[Symbol.asyncDispose]();
    await this.stage[Symbol.asyncDispose]();
  }
}

/** What lives behind the host may talk to the world, on most hosts. */
async function letServicesOut({ wire: { server } }: FirewallFixture, { adapter }: Situation): Promise<void> {
  if (adapter.kind === 'iptables') {
    const variant = adapter.variant ?? 'iptables';
    for (const command of [variant, variant.replace('iptables', 'ip6tables')]) {
      await server.run(command, '-w', '-A', 'FORWARD', '-i', 'inner0', '-j', 'ACCEPT');
    }
  } else if (adapter.kind === 'nftables' && adapter.attach !== undefined) {
    await server.run('nft', 'add', 'rule', 'inet', 'filter', 'forward', 'iifname', 'inner0', 'accept');
  }
}

const summary = (found: readonly TrackedConnection[]): string[] =>
  found
    .map(({ protocol, source, port, path, state }) => `${protocol}/${port} ${source} ${path} ${state}`)
    .sort();

for (const situation of SITUATIONS) {
  describe(`connections, ${situation.name}`, { concurrency: 2 }, () => {
    const test = testOn(situation);
    for (const [client, stranger] of [
      [CLIENT, STRANGER],
      [CLIENT6, STRANGER6],
    ] as const) {
      test(`${client}: cut, both sides fall silent for good, and another's talk goes on`, async () => {
        await using scene = await Fixture.create(situation);
        const { firewall } = scene;
        await firewall.install([GATE]);
        for (const source of [client, stranger]) await firewall.grant(DOOR, source, MINUTE);
        await using clock = await scene.clock();
        await using here = await scene.talk('tcp', client, 9022);
        await using datagrams = await scene.talk('udp', client, 9053);
        await using behind = await scene.talk('tcp', client, 9080);
        await using published = await scene.talk('udp', client, 9081);
        await using other = await scene.talk('tcp', stranger, 9022);
        const talks = [here, datagrams, behind, published];

        await firewall.revoke(DOOR, client);
        for (const talk of talks) await talk.goesOn();
        assert.deepEqual(summary(await scene.ask('cut', [client])), [
          `tcp/9022 ${client} input alive`,
          `tcp/9080 ${client} forward alive`,
          `udp/9053 ${client} input alive`,
          `udp/9081 ${client} forward alive`,
        ]);
        await Promise.all(talks.map((talk) => talk.assertSilent(clock)));
        await here.clientKnows();
        await here.serviceKnows();
        await other.goesOn();
        assert.deepEqual(await scene.ask('listNow', [client]), []);

        // The services are as they were.
        await firewall.grant(DOOR, client, MINUTE);
        await using again = await scene.talk('tcp', client, 9022);
        await using once = await scene.talk('udp', client, 9053);
        await again.goesOn();
        await once.goesOn();
      });
    }
  });
}

const [OWN_TABLE] = NFTABLES_SITUATIONS as [Situation];

describe('connections, listed', () => {
  test('by source, family, port and protocol, and no others', async () => {
    await using scene = await Fixture.create(OWN_TABLE);
    await scene.firewall.install([GATE]);
    const sources = [CLIENT, CLIENT6, STRANGER, STRANGER6];
    for (const source of sources) await scene.firewall.grant(DOOR, source, MINUTE);
    await using _a = await scene.talk('tcp', CLIENT, 9022);
    await using _b = await scene.talk('tcp', CLIENT6, 9022);
    await using _c = await scene.talk('udp', STRANGER, 9053);
    await using _d = await scene.talk('tcp', STRANGER6, 9080);
    const all = [
      `tcp/9022 ${CLIENT} input alive`,
      `tcp/9022 ${CLIENT6} input alive`,
      `tcp/9080 ${STRANGER6} forward alive`,
      `udp/9053 ${STRANGER} input alive`,
    ].sort();
    const tcp22 = { protocol: 'tcp', first: 9022, last: 9022 };
    const cases: readonly (readonly [readonly string[] | 4 | 6, readonly object[], RegExp])[] = [
      [sources, PORTS, /./],
      [sources, [tcp22], /^tcp\/9022/],
      [sources, [{ ...tcp22, first: 9000, last: 9070 }], /^tcp\/9022/],
      [[CLIENT], PORTS, /10\.7\.0\.2 /],
      [[CLIENT6], [tcp22], /9022 fd07::2 /],
      [[CLIENT, CLIENT6], PORTS, /7(?:\.0\.|::)2 /],
      [4, PORTS, / 10\./],
      [6, [tcp22], /9022 fd07/],
      [['10.7.0.9'], PORTS, /never/],
      [[], PORTS, /never/],
      [sources, [{ ...tcp22, protocol: 'udp' }], /never/],
    ];
    for (const [who, ports, expected] of cases) {
      for (const method of ['listNow', 'list'] as const) {
        const wanted = all.filter((line) => expected.test(line));
        assert.deepEqual(summary(await scene.ask(method, who, ports)), wanted, `${method} ${who}`);
      }
    }
  });

  test('what is asked for, alive and ended', async () => {
    await using scene = await Fixture.create(OWN_TABLE);
    const { client, server } = scene.stage.wire;
    await scene.firewall.install([GATE]);
    const port = (number: number): object[] => [{ protocol: 'tcp', first: number, last: number }];
    const states = async (number: number): Promise<string[]> =>
      (await scene.ask('listNow', [CLIENT], port(number))).map(({ state }) => state);

    assert.equal(await client.status('nc', '-z', '-w', '5', '-s', CLIENT, SERVER, `${FREE_PORT}`), 0);
    // The service may need a moment to end its side.
    const deadline = performance.now() + PATIENCE_MS;
    while (`${await states(FREE_PORT)}` !== 'ended')
      assert.ok(performance.now() < deadline, 'it has not ended');
    // Before connections are tracked: the answer is not seen.
    await feedNft(
      server,
      'table inet mute { chain o { type filter hook output priority raw; tcp sport 9998 drop; }; }',
    );
    assert.notEqual(await client.status('nc', '-z', '-w', '1', '-s', CLIENT, SERVER, '9998'), 0);
    assert.deepEqual(await states(9998), ['asked']);
    await scene.firewall.grant(DOOR, CLIENT, MINUTE);
    await using _talk = await scene.talk('tcp', CLIENT, 9022);
    assert.deepEqual(await states(9022), ['alive']);
  });

  test('one to the same port of another host goes through, and does not end here', async () => {
    await using scene = await Fixture.create(OWN_TABLE);
    const { client } = scene.stage.wire;
    await scene.firewall.install([GATE]);
    await scene.firewall.grant(DOOR, CLIENT, MINUTE);
    await client.ip('route add 10.8.0.0/24 via 10.7.0.1');
    assert.equal(await client.status('nc', '-z', '-w', '5', '-s', CLIENT, '10.8.0.2', '9080'), 0);
    const ports = [{ protocol: 'tcp', first: 9080, last: 9080 }];
    assert.deepEqual(
      (await scene.ask('listNow', [CLIENT], ports)).map(({ path }) => path),
      ['forward'],
    );
  });
});

/**
 * Doors with `lease_prefix6`, with the daemon whole: somebody whose IPv6 address changes stays let in.
 *
 *     client                                 server
 *     eth0 fd3f:0:0:1::a, ::b, a stranger ── eth0 fd07::1
 *          in fd3f:0:0:2::/64, 10.7.0.2/.3   knockd, a firewall, services on tcp/9022 and udp/9053 that talk on
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { startTalker, Talk } from '../lab/talking-services.ts';
import { addAddresses, CLIENT, SERVER, SERVER6, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall, takeAwaySets } from './firewall.ts';
import { BUSSA } from './up-fixture.ts';

const ONE = 'fd3f:0:0:1::a';
const OTHER = 'fd3f:0:0:1:1234:5678:9abc:def0';
const OUTSIDE = 'fd3f:0:0:2::a';
const PREFIX = 'fd3f:0:0:1::/64';

const CONFIG = `[talk]
  sequence      = 7000:udp
  open          = tcp/9022, udp/9053
  open_for      = 600
  lease_prefix6 = 64
  close_kills   = yes
[once]
  sequence      = 7001:udp
  open          = tcp/9023
  open_for      = 600
  lease_prefix6 = 64
  single_use    = yes
[held]
  sequence      = 7002:udp
  open          = tcp/9024
  open_for      = 1
  lease_prefix6 = 64
  hold          = yes
`;

const SITUATIONS: readonly (readonly [string, (server: Namespace) => Promise<unknown>])[] = [
  ['nftables', async () => undefined],
  ['iptables with ipset', shutFirewall],
  [
    'iptables without ipset',
    async (server) => {
      await shutFirewall(server);
      await takeAwaySets(server);
    },
  ],
];

/** Knocks once from this very address. */
const KNOCK = `
const [from, to, port] = process.argv.slice(1);
const socket = require('node:dgram').createSocket(from.includes(':') ? 'udp6' : 'udp4');
socket.bind(0, from, () => socket.send('x', Number(port), to, () => socket.close()));
`;

class PrefixFixture implements AsyncDisposable {
  readonly directory = new WorkDirectory();
  readonly #stack = new AsyncDisposableStack();

  static async create(arrange: (server: Namespace) => Promise<unknown>) {
    const stage = new PrefixFixture();
    const wire = stage.#stack.use(await Wire.create());
    const { client, server } = wire;
    await addAddresses(client, 'eth0', ONE, OTHER, OUTSIDE);
    await server.ip('-6 route add fd3f::/16 dev eth0');
    await arrange(server);
    const service = stage.#stack.use(
      await startTalker(server, 'tcp/9022', 'udp/9053', 'tcp/9023', 'tcp/9024'),
    );
    const knock = (from: string, port: number): Promise<string> =>
      client.run(process.execPath, '-e', KNOCK, from, from.includes(':') ? SERVER6 : SERVER, `${port}`);
    const ask = async (...words: readonly string[]): Promise<string> => {
      await using bussa = server.start(BUSSA, ...words, '--state', stage.directory.path);
      const { code } = await bussa.exited;
      assert.equal(code, 0, bussa.output);
      return bussa.output;
    };
    return Object.assign(stage, { client, server, service, knock, ask });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    this.directory[Symbol.dispose]();
  }
}

describe('doors for an IPv6 prefix', { concurrency: 2 }, () => {
  for (const [name, arrange] of SITUATIONS) {
    test(`${name}: a knock opens the door for every address of the prefix, and for no other`, async () => {
      await using stage = await PrefixFixture.create(arrange);
      const { client, server, service, knock, ask, directory } = stage;
      await using first = await startKnockd(server, directory, CONFIG);
      await knock(ONE, 7000);
      await first.saw(new RegExp(`${ONE}: talk: opened`));
      for (const from of [ONE, OTHER]) await assertOpen(client, SERVER6, 9022, from);
      await assertShut(client, SERVER6, 9022, OUTSIDE);
      for (const from of [CLIENT, STRANGER]) await assertShut(client, SERVER, 9022, from);

      await knock(OTHER, 7000);
      await first.saw(new RegExp(`${ONE}: talk: already open; stays open for \\d+ s from now`));
      const { leases } = JSON.parse(await ask('leases', '--json'));
      assert.deepEqual(
        leases.map((lease: { source: string; prefix: string }) => [lease.source, lease.prefix]),
        [[ONE, PREFIX]],
      );
      assert.match(await ask('leases', '--ip', OTHER), new RegExp(`${ONE}.*for all of ${PREFIX}`));
      assert.match(await ask('explain', OTHER), /^Now: talk is open until/m);
      await ask('extend', 'talk', OTHER, '--for', '1h');

      await first.stop('SIGKILL');
      await using second = await startKnockd(server, directory, CONFIG);
      await assertOpen(client, SERVER6, 9022, OTHER);
      await using talk = await Talk.begin(client, service, 'tcp', [OTHER, SERVER6, 9022]);
      assert.match(await ask('close', 'talk', OTHER), /^1 closed$/m);
      await second.saw(new RegExp(`${ONE}: talk: closed .*1 connection cut`));
      await talk.clientKnows();
      for (const from of [ONE, OTHER]) await assertShut(client, SERVER6, 9022, from);

      await knock(CLIENT, 7000);
      await second.saw(new RegExp(`${CLIENT}: talk: opened`));
      await assertOpen(client, SERVER, 9022, CLIENT);
      await assertShut(client, SERVER, 9022, STRANGER);
      await knock(ONE, 7000);
      await second.saw(new RegExp(`${ONE}: talk: opened`));
      await ask('ban', ONE);
      await second.saw(new RegExp(`${ONE}: talk: closed`), 2);
      await assertShut(client, SERVER6, 9022, OTHER);
    });

    test(`${name}: one use is for one address of the prefix; a connection of any address holds the door; a reload ends leases of another length`, async () => {
      await using stage = await PrefixFixture.create(arrange);
      const { client, server, service, knock, directory } = stage;
      await using knockd = await startKnockd(server, directory, CONFIG);
      await knock(ONE, 7001);
      await knockd.saw(new RegExp(`${ONE}: once: opened`));
      await assertOpen(client, SERVER6, 9023, OTHER);
      for (const from of [ONE, OTHER]) await assertShut(client, SERVER6, 9023, from);

      await knock(ONE, 7002);
      await knockd.saw(new RegExp(`${ONE}: held: opened`));
      {
        await using talk = await Talk.begin(client, service, 'tcp', [OTHER, SERVER6, 9024]);
        await knockd.saw(new RegExp(`${ONE}: held: held open while a connection lives`));
        await talk.goesOn();
        await assertOpen(client, SERVER6, 9024, ONE);
        await assertShut(client, SERVER6, 9024, OUTSIDE);
      }
      await knockd.saw(new RegExp(`${ONE}: held: closed .*, its last connection has ended`));
      await assertShut(client, SERVER6, 9024, OTHER);

      await knock(ONE, 7000);
      await knockd.saw(new RegExp(`${ONE}: talk: opened`));
      directory.file('knockd.conf', CONFIG.replaceAll('= 64', '= 128'));
      process.kill(knockd.pid, 'SIGHUP');
      await knockd.saw(new RegExp(`${ONE}: talk: closed`));
      await assertShut(client, SERVER6, 9022, ONE);
      await knock(ONE, 7000);
      await knockd.saw(new RegExp(`${ONE}: talk: opened`), 2);
      await assertOpen(client, SERVER6, 9022, ONE);
      await assertShut(client, SERVER6, 9022, OTHER);
    });
  }
});

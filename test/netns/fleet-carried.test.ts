/** Three daemons with their carriers, and a real engine: who knocks at one gateway is let in at all. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { renderFleetKey } from '../../src/core/fleet/fleet-key.ts';
import { memberLine } from '../../src/core/fleet/member-line.ts';
import { memberKeyOf } from '../../src/host/crypto/member-key.ts';
import { LabEngine } from '../lab/engine.ts';
import { BUSSA, KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';

const HUB = '10.7.9.1';
const NAMES = ['gw1', 'gw2', 'gw3'] as const;
const addressOf = (at: number): string => `10.7.9.${11 + at}`;

describe('a fleet of three gateways', () => {
  test('a knock at one opens the door at the others; close --fleet closes it everywhere', async () => {
    await using stack = new AsyncDisposableStack();
    const hub = stack.use(await Namespace.create());
    await hub.ip('link add br0 type bridge');
    await hub.ip(`addr add ${HUB}/24 dev br0`);
    await hub.ip('link set br0 up');
    const start = hub.start.bind(hub);
    const engine = stack.use(
      await LabEngine.start({ fleet: 'edge', members: NAMES, address: HUB, port: 6379, start }),
    );
    const secret = randomBytes(32);
    const keys = NAMES.map(() => randomBytes(32));
    const lines = NAMES.map(
      (name, at) => `${memberLine(name, memberKeyOf(keys[at] ?? secret).point)} doors=ssh bans`,
    );
    const gateways = [];
    for (const [at, name] of NAMES.entries()) {
      const host = stack.use(await Namespace.create());
      await hub.ip(`link add p${at} type veth peer name eth0 netns ${host.name}`);
      await hub.ip(`link set p${at} master br0 up`);
      await host.ip(`addr add ${addressOf(at)}/24 dev eth0`);
      await host.ip('link set eth0 up');
      const directory = stack.use(new WorkDirectory());
      const key = directory.file(
        'key',
        renderFleetKey({ fleet: 'edge', secret, member: keys[at] ?? secret }),
      );
      const members = directory.file('members', `${lines.filter((_, other) => other !== at).join('\n')}\n`);
      const config = `[ssh]
  sequence = 7000,8000,9000
  tcpflags = syn
  open = tcp/22
  open_for = 60
  fleet = share, accept
[fleet]
  engine = ${engine.urlFor(name)}
  name = ${name}
  key = ${key}
  members = ${members}
`;
      const knockd = stack.use(await startKnockd(host, directory, config));
      const place = ['-c', directory.file('knockd.conf'), '--state', directory.path];
      const carrier = stack.use(
        host.start(...(BUSSA as [string]), 'fleet', ...place, '--files', engine.filesFor(name)),
      );
      gateways.push({ host, knockd, place, carrier });
    }
    for (const { carrier } of gateways) await carrier.saw(/connected to 10\.7\.9\.1:6379/);

    await hub.run(...(KNOCK as [string]), addressOf(0), '7000', '8000', '9000');
    for (const { knockd } of gateways) await knockd.saw(/10\.7\.9\.1: ssh: (?:member gw1: )?opened tcp\/22/);
    for (const { host } of gateways) assert.match(await host.run('nft', 'list', 'ruleset'), /10\.7\.9\.1/);

    const [first] = gateways;
    assert.ok(first !== undefined);
    const status = await first.host.run(...(BUSSA as [string]), 'fleet', 'status', ...first.place);
    assert.match(status, /member gw2: heard .*member gw3: heard /s);
    const json = await first.host.run(...(BUSSA as [string]), 'fleet', 'status', '--json', ...first.place);
    const { member, connected } = JSON.parse(json) as { member: string; connected: boolean };
    assert.deepEqual([member, connected], ['gw1', true]);

    // Another carrier, such as one started by hand beside the service, takes over, and the first one says so and ends.
    const words = ['fleet', ...first.place, '--files', engine.filesFor('gw1')];
    const second = stack.use(first.host.start(...(BUSSA as [string]), ...words));
    await second.saw(/connected to 10\.7\.9\.1:6379/);
    await first.carrier.saw(/another `bussa fleet` has connected to this daemon: this one ends/);
    assert.equal((await first.carrier.exited).code, 1);

    await first.host.run(...(BUSSA as [string]), 'close', 'ssh', HUB, '--fleet', ...first.place);
    for (const { knockd } of gateways) await knockd.saw(/10\.7\.9\.1: ssh: .*closed tcp\/22/);
  });
});

/**
 * Addresses that no interface of the host has and a local route makes its own: a cloud's load balancer sends to them.
 *
 *     client                               server
 *     eth0 10.7.0.2 fd07::2          ────  eth0 10.7.0.1 fd07::1
 *     routes to the addresses via it       local 203.0.113.77, 198.51.100.0/24, 2001:db8:1::/64
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, knockUntilOpen } from '../lab/knockd.ts';
import { SERVER, SERVER6 } from '../lab/wire.ts';
import { ControlFixture } from './control-fixture.ts';
import { frame, send, senderOf } from './raw-frames.ts';

const DOOR = `[door]
  sequence = 7201:udp,8202:udp
  seq_timeout = 3
  start_command = true
`;

type Story = { readonly why: { readonly kind: string; readonly sentence: string } };

const OPENING = /^(10\.7\.0\.2|fd07::2): door: OPEN SESAME/gm;

async function stageWithRoutes(): Promise<ControlFixture> {
  const stage = await ControlFixture.create(DOOR);
  for (const net of ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24']) {
    await stage.client.ip(`route add ${net} via ${SERVER}`);
  }
  await stage.client.ip(`-6 route add 2001:db8::/32 via ${SERVER6}`);
  return stage;
}

const knock = ({ client }: ControlFixture, host: string): Promise<string> =>
  client.run(C_KNOCK, '-u', ...(host.includes(':') ? ['-6'] : []), host, '7201', '8202');

let sources = 100;

/** A knock at an address that is not the host's opens nothing, and `explain` says where it went. */
async function assertElsewhere(stage: ControlFixture, host: string): Promise<void> {
  const sender = await senderOf(stage, 'eth0');
  sources += 1;
  const source = `${host.includes(':') ? 'fd07::' : '10.7.0.'}${sources}`;
  const frames = [7201, 8202].map((port) => frame(sender, 'udp', source, host, port));
  await send(sender, stage.directory, frames);
  await stage.fence();
  assert.doesNotMatch(stage.knockd.output, new RegExp(`^${source}: door: OPEN SESAME`, 'm'));
  const { why } = await stage.json<Story>('explain', source);
  assert.equal(why.kind, 'elsewhere', `${host}: ${why.sentence}`);
}

describe('an address that is a local route’s', { concurrency: 2 }, () => {
  for (const [route, host, beside] of [
    ['203.0.113.77/32 dev eth0', '203.0.113.77', '203.0.113.78'],
    ['198.51.100.0/25 dev lo', '198.51.100.127', '198.51.100.128'],
    ['2001:db8:1::/64 dev lo', '2001:db8:1::9', '2001:db8:1:1::9'],
    ['2001:db8:2::7/128 dev lo', '2001:db8:2::7', '2001:db8:2::8'],
  ] as const) {
    test(`${route}: comes, is heard, and goes; an address beside it is elsewhere`, async () => {
      await using stage = await stageWithRoutes();
      const { server, knockd } = stage;
      const family = host.includes(':') ? '-6 ' : '';
      await assertElsewhere(stage, host);
      await server.ip(`${family}route add local ${route}`);
      await knockUntilOpen(knockd, () => knock(stage, host), OPENING);
      await assertElsewhere(stage, beside);
      await server.ip(`${family}route del local ${route}`);
      // A change that shows in the log, behind the one that does not.
      await server.ip('addr add 10.7.0.99/32 dev eth0');
      await knockd.saw(/10\.7\.0\.99/);
      await assertElsewhere(stage, host);
    });
  }

  test('there at the start, among a router’s 20,000 routes', async () => {
    await using stage = await stageWithRoutes();
    const { server, directory } = stage;
    const lines = Array.from(
      { length: 20_000 },
      (_, n) => `route add 198.18.${n >> 8}.${n & 255}/32 via 10.7.0.2`,
    );
    await server.status('ip', '-force', '-batch', directory.file('routes', `${lines.join('\n')}\n`));
    await server.ip('route add local 203.0.113.77/32 dev eth0');
    await stage.start(DOOR);
    await knock(stage, '203.0.113.77');
    await stage.knockd.saw(OPENING);
  });

  test('a route that makes every address local locks nobody out', async () => {
    await using stage = await stageWithRoutes();
    const { server, knockd } = stage;
    await server.ip('-6 route add local ::/0 dev lo');
    await server.ip(`-6 route add fd07::2/128 dev eth0 table local`);
    await knockUntilOpen(knockd, () => knock(stage, '2001:db8:9::1'), OPENING);
    await knock(stage, SERVER6);
    await stage.fence();
  });

  test('local routes of other tables hold for what a rule sends there (TPROXY), and make no address the host’s', async () => {
    await using stage = await stageWithRoutes();
    const { server } = stage;
    await server.ip('rule add fwmark 1 lookup 100');
    await server.ip('route add local 0.0.0.0/0 dev lo table 100');
    await server.ip('-6 route add local ::/0 dev lo table 100');
    await stage.start(DOOR);
    await assertElsewhere(stage, '192.0.2.50');
    await assertElsewhere(stage, '2001:db8:7::50');
    await knock(stage, SERVER);
    await stage.knockd.saw(OPENING);
  });
});

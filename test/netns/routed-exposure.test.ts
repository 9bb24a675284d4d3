/**
 * A `forward` port, whole: the daemon closes what is routed through the host, by whichever interface strangers come, says
 * so only after it has been judged, and whoever knocks gets in.
 *
 *     client                        server, a router               inner, on a bridge as a container is
 *     eth0 10.7.0.2  fd07::2  ────  eth0 10.7.0.1  fd07::1
 *          10.7.0.3 (a stranger)    br0  10.8.0.1  fd08::1  ────  eth0 10.8.0.2 fd08::2
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { addAddresses, CLIENT, CLIENT6, linkUp, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { ClientFixture } from './client-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const INNER = '10.8.0.2';
const INNER6 = 'fd08::2';
const PORT = 9090;

const config = (options: string): string => `[options]
  ${options}
[dmz]
  sequence    = 7000,8000,9000
  seq_timeout = 10
  tcpflags    = syn
  open        = tcp/${PORT} forward
  open_for    = 60
`;

async function addInner({ wire: { client, server } }: ClientFixture): Promise<Namespace> {
  const inner = await Namespace.create();
  await server.ip('link add br0 type bridge');
  await inner.ip(`link add eth0 type veth peer name inner0 netns ${server.name}`);
  await server.ip('link set inner0 master br0 up');
  await addAddresses(inner, 'eth0', INNER, INNER6);
  await addAddresses(server, 'br0', '10.8.0.1', 'fd08::1');
  await linkUp(server, 'br0');
  await inner.ip('route add default via 10.8.0.1');
  await inner.ip('-6 route add default via fd08::1');
  await server.ip(`route add default via ${CLIENT}`);
  await server.ip(`-6 route add default via ${CLIENT6}`);
  await client.ip(`route add 10.8.0.0/24 via ${SERVER}`);
  await client.ip(`-6 route add fd08::/64 via ${SERVER6}`);
  await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  return inner;
}

async function statusOf(stage: ClientFixture): Promise<string> {
  const place = ['-c', stage.directory.file('knockd.conf'), '--state', stage.directory.path];
  return stage.wire.server.run(BUSSA, 'status', ...place);
}

describe('a forward port that is only routed', { concurrency: 2 }, () => {
  for (const options of ['', 'firewall = nftables', 'firewall = iptables', 'single_use = yes']) {
    test(`closed, judged and opened by a knock: ${options || 'as found'}`, async () => {
      await using stage = await ClientFixture.create();
      await using inner = await addInner(stage);
      const { client } = stage.wire;
      await using _there = await startService(inner, PORT);
      await using _outside = await startService(client, PORT);
      await assertOpen(client, INNER, PORT, STRANGER);
      const isDoor = options.startsWith('single');
      const text = isDoor ? `${config('')}  ${options}\n` : config(options);
      const daemon = await stage.startDaemon(text);
      await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/9090 forward/);
      assert.doesNotMatch(daemon.output, /could not be judged/);
      assert.match(await statusOf(stage), /strangers +closed to them: tcp\/9090 forward/);
      for (const [from, to] of [
        [STRANGER, INNER],
        [CLIENT6, INNER6],
      ] as const)
        await assertShut(client, to, PORT, from);
      await assertOpen(inner, CLIENT, PORT, INNER);
      await assertOpen(inner, CLIENT6, PORT, INNER6);
      await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
      await daemon.saw(/10\.7\.0\.2: dmz: opened tcp\/9090 forward/);
      await assertShut(client, INNER, PORT, STRANGER);
      await assertOpen(client, INNER, PORT, CLIENT);
      if (isDoor) await assertShut(client, INNER, PORT, CLIENT);
    });
  }

  test('strangers come by another interface from now on: it is closed to them there, and open to the inside', async () => {
    await using stage = await ClientFixture.create();
    await using inner = await addInner(stage);
    const { client, server } = stage.wire;
    await client.ip(`link add eth9 type veth peer name eth9 netns ${server.name}`);
    await addAddresses(client, 'eth9', '10.9.0.2', 'fd09::2');
    await addAddresses(server, 'eth9', '10.9.0.1', 'fd09::1');
    await linkUp(server, 'eth9');
    await using _there = await startService(inner, PORT);
    await using _outside = await startService(client, PORT);
    const daemon = await stage.startDaemon(config(''));
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/9090 forward/);
    await client.ip('route replace 10.8.0.0/24 via 10.9.0.1');
    await assertOpen(client, INNER, PORT, '10.9.0.2');
    for (const [family, gateway] of [
      ['-4', '10.9.0.2'],
      ['-6', 'fd09::2'],
    ] as const)
      await server.ip(`${family} route replace default via ${gateway} dev eth9`);
    await daemon.saw(/eth9.*default route/);
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/9090 forward/, 1);
    const deadline = performance.now() + 30_000;
    const standing = async (): Promise<string> =>
      server.run('nft', 'list', 'chain', 'inet', 'bussa', 'forward');
    while (!(await standing()).includes('"eth9"')) assert.ok(performance.now() < deadline, await standing());
    await assertShut(client, INNER, PORT, '10.9.0.2');
    await assertOpen(inner, '10.9.0.2', PORT, INNER);
  });

  test('before the daemon runs, doctor says that it is open, and how', async () => {
    await using stage = await ClientFixture.create();
    await using _inner = await addInner(stage);
    const { server } = stage.wire;
    await server.run(
      'nft',
      'table inet owner { chain input { type filter hook input priority 0; policy drop; }; }',
    );
    const file = stage.directory.file('knockd.conf', config(''));
    const doctor = server.start(BUSSA, 'doctor', '-c', file, '--state', stage.directory.path);
    await doctor.exited;
    assert.match(
      doctor.output,
      /tcp\/9090 is open to everybody over IPv4 and IPv6: .*through this host to 10\.8\.0\.2/,
    );
    await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0');
    const again = server.start(BUSSA, 'doctor', '-c', file, '--state', stage.directory.path);
    await again.exited;
    assert.match(again.output, /new connection to tcp\/9090 is dropped/);
  });
});

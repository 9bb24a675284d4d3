/**
 * What the kernel says of interfaces, addresses and default routes, read and followed from inside a namespace of
 * the test's own.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostInterface } from '../../src/core/net/host-interface.ts';
import { moduleOf } from '../lab/child-module.ts';
import { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';

/** Prints all interfaces at the beginning and, once it has settled, after each change. */
const WATCHER = `
  import { readInterfaces, watchInterfaces } from '${moduleOf('host/interfaces/interfaces.ts')}';
  const query = { routes: process.argv[1] === 'routes' };
  const print = () => console.log('now', JSON.stringify(readInterfaces(query)));
  const watch = watchInterfaces(query, print);
  print();
  process.stdin.once('data', () => { watch.close(); process.stdin.destroy(); console.log('closed'); });
`;

async function watch(namespace: Namespace, routes: 'routes' | 'no routes'): Promise<Program> {
  const program = namespace.start(process.execPath, '--input-type=module', '--eval', WATCHER, routes);
  await program.saw(/^now /m);
  return program;
}

const latest = (program: Program): HostInterface[] =>
  JSON.parse(
    program.output
      .match(/^now .*$/gm)
      ?.at(-1)
      ?.slice(4) ?? '[]',
  ) as HostInterface[];

const named = (program: Program, name: string): HostInterface | undefined =>
  latest(program).find((one) => one.name === name);

/** Changes something and waits until what is read is as it should be; each reading follows a call of the watch. */
async function becomes(
  program: Program,
  change: () => Promise<unknown>,
  condition: () => boolean,
): Promise<void> {
  let readings = program.count(/^now .*\n/gm);
  await change();
  while (!condition()) {
    readings++;
    await program.saw(/^now .*\n/gm, readings);
  }
}

describe('the interfaces of a host', { concurrency: 4 }, () => {
  test('as they are: name, number, addresses of both families, up or down', async () => {
    await using namespace = await Namespace.create();
    await namespace.ip('link add name eth0 index 77 type veth peer name peer0');
    await namespace.ip('addr add 10.1.2.3/24 dev eth0');
    await namespace.ip('addr add 10.1.2.4/24 dev eth0');
    await namespace.ip('addr add 10.9.9.1 peer 10.9.9.2 dev eth0');
    await namespace.ip('addr add 2001:db8::5/64 dev eth0 nodad');
    await using program = await watch(namespace, 'no routes');
    assert.deepEqual(
      latest(program).map((one) => [one.name, one.up]),
      [
        ['lo', true],
        ['peer0', false],
        ['eth0', false],
      ],
    );
    assert.deepEqual(named(program, 'lo')?.addresses, ['127.0.0.1', '::1']);
    assert.deepEqual(
      { ...named(program, 'eth0'), addresses: [...(named(program, 'eth0')?.addresses ?? [])].sort() },
      {
        index: 77,
        name: 'eth0',
        type: 'veth',
        up: false,
        addresses: ['10.1.2.3', '10.1.2.4', '10.9.9.1', '2001:db8::5'],
        defaultRoute: false,
      },
    );
  });

  test('one appears, goes up, gets an address and another name, loses them and vanishes', async () => {
    await using namespace = await Namespace.create();
    await using program = await watch(namespace, 'no routes');
    const ip = (words: string) => () => namespace.ip(words);
    const now = (name: string): HostInterface | undefined => named(program, name);
    await becomes(program, ip('link add wlan0 type veth peer name peer0'), () => now('wlan0')?.up === false);
    await becomes(program, ip('link set wlan0 up'), () => now('wlan0')?.up === true);
    await becomes(
      program,
      ip('addr add 10.5.5.5/32 dev wlan0'),
      () => now('wlan0')?.addresses.includes('10.5.5.5' as never) === true,
    );
    await becomes(
      program,
      ip('addr add fd05::5/64 dev wlan0'),
      () => now('wlan0')?.addresses.includes('fd05::5' as never) === true,
    );
    await becomes(
      program,
      ip('addr del 10.5.5.5/32 dev wlan0'),
      () => now('wlan0')?.addresses.includes('10.5.5.5' as never) === false,
    );
    const { index } = now('wlan0') as HostInterface;
    await namespace.ip('link set wlan0 down');
    await becomes(
      program,
      ip('link set wlan0 name wlan1'),
      () => now('wlan1')?.index === index && now('wlan0') === undefined,
    );
    await becomes(program, ip('link del wlan1'), () => now('wlan1') === undefined);
    program.write('\n');
    assert.equal((await program.exited).code, 0, 'nothing holds the process after the close');
  });

  test('default routes of both families, several hops, other tables, and none of a part of the world', async () => {
    await using namespace = await Namespace.create();
    for (const [n, name] of ['a0', 'b0', 'c0', 'd0'].entries()) {
      await namespace.ip(`link add ${name} type veth peer name ${name}p`);
      await namespace.ip(`link set ${name} up`);
      await namespace.ip(`link set ${name}p up`);
      await namespace.ip(`addr add 10.${n}.0.1/24 dev ${name}`);
    }
    await using program = await watch(namespace, 'routes');
    const holding = (): string =>
      latest(program)
        .filter((one) => one.defaultRoute)
        .map((one) => one.name)
        .join();
    assert.equal(holding(), '');
    const ip = (words: string) => () => namespace.ip(words);
    await becomes(program, ip('route add default via 10.0.0.254'), () => holding() === 'a0');
    await becomes(program, ip('-6 route add default dev b0'), () => holding() === 'a0,b0');
    await becomes(program, ip('route del default'), () => holding() === 'b0');
    await becomes(
      program,
      ip('route add default nexthop via 10.2.0.254 nexthop via 10.3.0.254'),
      () => holding() === 'b0,c0,d0',
    );
    await becomes(program, ip('route del default'), () => holding() === 'b0');
    await becomes(program, ip('-6 route del default'), () => holding() === '');
    await namespace.ip('route add 0.0.0.0/1 via 10.0.0.254');
    await namespace.ip('route add blackhole default metric 9');
    // The last change: by then the two before it have been read.
    await becomes(
      program,
      ip('link add last0 type veth peer name last0p'),
      () => named(program, 'last0') !== undefined,
    );
    assert.equal(holding(), '');
  });

  test('a thousand addresses fit', async () => {
    await using namespace = await Namespace.create();
    await namespace.ip('link add eth0 type veth peer name peer0');
    const lines = Array.from(
      { length: 1000 },
      (_, n) => `addr add 10.0.${n >> 8}.${n & 255}/32 dev eth0`,
    ).join('\n');
    await namespace.run('sh', '-c', 'printf "%s\\n" "$0" | ip -batch -', lines);
    await using program = await watch(namespace, 'no routes');
    assert.equal(named(program, 'eth0')?.addresses.length, 1000);
  });
});

/**
 * Three gateways behind a router that hashes by ports, as most routers do: the knocks of one sequence land on any of them.
 * With `fleet = spread` every sequence opens, also amidst a flood.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { FleetFixture } from './fleet-fixture.ts';
import { floodOf } from './fleet-floods.ts';

const PORTS = ['7000', '8000:udp', '9000', '7500'];

const DOORS = `[ssh]
  sequence = ${PORTS.join(',')}
  tcpflags = syn
  open     = tcp/22
  open_for = 600
  fleet    = spread
[web]
  sequence = 4000,5000
  tcpflags = syn
  open     = tcp/80
  open_for = 600
`;

const SEQUENCES = 100;
const AMIDST = 20;
/** Of which 1 in 27 happens to reach one gateway alone. */
const IPV6 = 12;

/** Between two knocks: far more than questions and answers take. */
const SLOWLY = ['-d', '300'];

const sourceOf = (n: number): string => `10.60.${n >> 8}.${n & 255}`;

describe('knocks that land on different gateways', () => {
  test('100 of 100 sequences open, each once, and none with a wrong knock', async (t) => {
    await using stage = await FleetFixture.create({ doors: DOORS });
    await stage.start();
    await stage.net.spreadBy('ports');
    for (let n = 1; n <= SEQUENCES; n++) await stage.knock(sourceOf(n), PORTS);
    await stage.saw(/: ssh: OPEN SESAME/g, SEQUENCES);
    const spread = stage.count(/OPEN SESAME \(with knocks that reached gw/g);
    t.diagnostic(`${spread} of ${SEQUENCES} were spread over several gateways`);
    assert.ok(spread > SEQUENCES / 2);
    // A knock at another door, or two in the wrong order: far enough apart to tell.
    await stage.knock(sourceOf(101), ['7000', '8000:udp', '4000', '9000', '7500'], SLOWLY);
    await stage.knock(sourceOf(102), ['7000', '9000', '8000:udp', '7500'], SLOWLY);
    await stage.knock(sourceOf(103), PORTS);
    await stage.saw(/: ssh: OPEN SESAME/g, SEQUENCES + 1);
    const opened = new Set(
      stage.hosts.flatMap(({ daemon }) =>
        [...daemon.output.matchAll(/^(\S+): ssh: OPEN SESAME/gm)].map(([, source]) => source),
      ),
    );
    assert.equal(opened.size, SEQUENCES + 1, 'none twice');
    // Sources of one /64 are one source to the limits.
    for (let n = 1; n <= IPV6; n++) await stage.knock6(`fd61:0:0:${n}::1`, PORTS);
    await stage.saw(/^fd61:0:0:\d+::1: ssh: OPEN SESAME/gm, IPV6);
    const joined = stage.count(/^fd61:0:0:\d+::1: ssh: OPEN SESAME \(with knocks that reached gw/gm);
    t.diagnostic(`over IPv6 ${joined} of ${IPV6}`);
    assert.ok(joined > 0);
    assert.ok(!opened.has(sourceOf(101)) && !opened.has(sourceOf(102)));
  });

  test('a flood of 100,000 packets a second beside them changes nothing', async (t) => {
    await using stage = await FleetFixture.create({ doors: DOORS });
    using directory = new WorkDirectory();
    await stage.start();
    await stage.net.spreadBy('ports');
    const flood = directory.file('flood.pcap');
    writeFileSync(flood, await floodOf(stage.net));
    const words = ['--preload-pcap', '--pps=100000', '--loop=100000', '-i', 'eth0', flood];
    await using sender = stage.net.client.start('tcpreplay', ...words);
    // It has begun when some of it has arrived everywhere.
    for (const { namespace } of stage.hosts) await received(namespace, 10_000);
    const started = performance.now();
    const before = await sentBy(stage.net.client);
    for (let n = 1; n <= AMIDST; n++) await stage.knock(sourceOf(n), PORTS);
    await stage.saw(/: ssh: OPEN SESAME/g, AMIDST);
    const rate = ((await sentBy(stage.net.client)) - before) / (performance.now() - started);
    t.diagnostic(`${AMIDST} sequences amidst ${Math.round(rate)},000 packets a second`);
    await sender.stop();
    assert.equal(stage.count(/: ssh: OPEN SESAME/g), AMIDST, 'nobody else, and none twice');
  });
});

const statistic = async (namespace: Namespace, what: string): Promise<number> =>
  Number(await namespace.run('cat', `/sys/class/net/eth0/statistics/${what}`));

const sentBy = (namespace: Namespace): Promise<number> => statistic(namespace, 'tx_packets');

async function received(namespace: Namespace, packets: number): Promise<void> {
  while ((await statistic(namespace, 'rx_packets')) < packets);
}

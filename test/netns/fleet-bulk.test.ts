/** 10,000 sources knock at one gateway within seconds: the others open each of them, once, for what is left. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkDirectory } from '../lab/knockd.ts';
import { sourcesOf } from '../lab/many-knocks.ts';
import { FleetFixture, type FleetHost } from './fleet-fixture.ts';
import { oneKnockOfEach } from './fleet-floods.ts';

const SOURCES = 10_000;

const DOORS = `[ssh]
  sequence = 7000
  tcpflags = syn
  open     = tcp/22
  open_for = 600
  fleet    = share, accept
`;

describe('10,000 knocks at one gateway', () => {
  test('open all gateways, each source once', async (t) => {
    await using stage = await FleetFixture.create({ doors: DOORS });
    using directory = new WorkDirectory();
    await stage.start();
    const pcap = directory.file('knocks.pcap');
    writeFileSync(pcap, await oneKnockOfEach(stage.net, SOURCES, 7000));
    const started = performance.now();
    await stage.net.client.run('tcpreplay', '--preload-pcap', '--pps=20000', '-i', 'eth0', pcap);
    await Promise.all(stage.hosts.map((host) => opened(host)));
    t.diagnostic(`all three have all ${SOURCES} after ${Math.round(performance.now() - started)} ms`);
    const sources = sourcesOf(SOURCES).sort();
    for (const host of stage.hosts) {
      assert.deepEqual(await host.admitted('ssh'), sources, host.name);
      for (const left of (await host.leases()).values()) assert.ok(left <= 600);
    }
  });
});

async function opened(host: FleetHost): Promise<void> {
  for (;;) {
    const { leases } = JSON.parse(await host.bussa('status', '--json')) as { leases: { open: number } };
    if (leases.open === SOURCES) return;
    assert.ok(leases.open < SOURCES);
    // Asking takes more than the daemons need.
    await delay(500);
  }
}

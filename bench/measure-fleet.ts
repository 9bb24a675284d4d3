import { writeFileSync } from 'node:fs';
import { askDaemon } from '../src/app/ask/ask-daemon.ts';
import { WorkDirectory } from '../test/lab/knockd.ts';
import { sourcesOf } from '../test/lab/many-knocks.ts';
import { FleetFixture } from '../test/netns/fleet-fixture.ts';
import { floodOf, oneKnockOfEach } from '../test/netns/fleet-floods.ts';
import { FleetWatched, WATCHED_DOOR } from './fleet-watched.ts';
import type { Samples } from './samples.ts';
import { pause } from './test-bed.ts';

export const BULK = 10_000;
const BULK_PORT = 7301;
/** What is not open by then will not open. */
const BULK_PATIENCE_MS = 60_000;

const BULK_DOOR = `[bulk]
  sequence = ${BULK_PORT}
  tcpflags = syn
  open     = tcp/23
  open_for = 600
  fleet    = share, accept
`;

const SPREAD_PORTS = ['7000', '8000:udp', '9000', '7500'];
const SPREAD_DOOR = `[spread]
  sequence = ${SPREAD_PORTS.join(',')}
  tcpflags = syn
  open     = tcp/80
  open_for = 600
  fleet    = spread
`;
export const AMIDST = 20;
/** A question may wait a second for its answers. */
const SPREAD_PATIENCE_MS = 3000;

/** The daemons compile what is used within their first seconds. */
const SETTLED_MS = 2500;

/**
 * Three hosts with their carriers and an engine of Debian with TLS, on one machine. The engine is started here. From the last
 * knock at one host to the rule at the others, 10,000 openings at one host, and sequences that a router spreads over the
 * hosts amidst 100,000 packets a second.
 */
export async function measureFleet(samples: Samples, knocks: number): Promise<void> {
  await measureLatency(samples, knocks);
  await measureBulk(samples);
  await measureSpread(samples);
}

async function measureLatency(samples: Samples, knocks: number): Promise<void> {
  console.error(`fleet: ${knocks} knocks, and the rule at the other hosts`);
  await using fleet = await FleetFixture.create({ doors: WATCHED_DOOR });
  await fleet.start();
  const sources = sourcesOf(knocks);
  await using watched = await FleetWatched.start(fleet, sources);
  await pause(SETTLED_MS);
  for (const source of sources) {
    const [local = Number.NaN, ...others] = await watched.open(source);
    samples.add('fleet.open.local', 'Bussa', local);
    for (const other of others) samples.add('fleet.open.others', 'Bussa', other);
  }
}

async function measureBulk(samples: Samples): Promise<void> {
  console.error(`fleet: ${BULK} openings at one host`);
  await using fleet = await FleetFixture.create({ doors: BULK_DOOR });
  using directory = new WorkDirectory();
  await fleet.start();
  const pcap = directory.file('knocks.pcap');
  writeFileSync(pcap, await oneKnockOfEach(fleet.net, BULK, BULK_PORT));
  const started = performance.now();
  await fleet.net.client.run('tcpreplay', '--preload-pcap', '--topspeed', '-i', 'eth0', pcap);
  const isOpen = async (): Promise<boolean> => {
    for (const { configFile, directory } of fleet.hosts) {
      const choice = { configFile, stateDirectory: directory.path };
      const reply = await askDaemon(choice, { verb: 'status' });
      if (reply.kind !== 'answer' || reply.answer.status.leases.open < BULK) return false;
    }
    return true;
  };
  while (!(await isOpen())) {
    if (performance.now() - started > BULK_PATIENCE_MS) return samples.add('fleet.bulk', 'Bussa', Number.NaN);
    await pause(200);
  }
  samples.add('fleet.bulk', 'Bussa', performance.now() - started);
}

async function measureSpread(samples: Samples): Promise<void> {
  console.error(`fleet: ${AMIDST} spread sequences amidst 100,000 packets a second`);
  await using fleet = await FleetFixture.create({ doors: SPREAD_DOOR });
  using directory = new WorkDirectory();
  await fleet.start();
  await fleet.net.spreadBy('ports');
  const flood = directory.file('flood.pcap');
  writeFileSync(flood, await floodOf(fleet.net));
  const words = ['--preload-pcap', '--pps=100000', '--loop=100000', '-i', 'eth0', flood];
  await using sender = fleet.net.client.start('tcpreplay', ...words);
  await pause(SETTLED_MS);
  for (let n = 1; n <= AMIDST; n++) await fleet.knock(`10.60.0.${n}`, SPREAD_PORTS);
  await pause(SPREAD_PATIENCE_MS);
  samples.add('fleet.spread.opened', 'Bussa', fleet.count(/: spread: OPEN SESAME/g));
  await sender.stop();
}

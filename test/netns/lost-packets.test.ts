/**
 * Packets that the kernel had to throw away, for the daemon did not come to read them, are counted and told.
 *
 *     client                                server
 *     eth0  tcpreplay: SYNs to a knock  ────  eth0 10.7.0.1, knockd, which is stopped meanwhile
 *           port from 20,000 sources
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { manyKnocks } from '../lab/many-knocks.ts';
import { Wire } from '../lab/wire.ts';

const SENT = 20_000;
/** docs/architecture.md, Bounds. */
const RING = 16_384;

const CONFIG = `[ssh]
  sequence = 7000,8000,9000
  tcpflags = syn
  start_command = :
`;

const LOST = /(\d+) packets lost/g;

test('every loss is reported when the flood is over, even one right after another', async () => {
  await using wire = await Wire.create();
  using directory = new WorkDirectory();
  const pcap = directory.file('knocks.pcap');
  writeFileSync(pcap, await manyKnocks(wire, SENT, [7000], 'in turns'));
  await using knockd = await startKnockd(wire.server, directory, CONFIG, '-i', 'eth0');
  for (let flood = 1; flood <= 2; flood++) {
    knockd.signal('SIGSTOP');
    await wire.client.run('tcpreplay', '--preload-pcap', '--topspeed', '-i', 'eth0', pcap);
    knockd.signal('SIGCONT');
    await knockd.saw(LOST, flood);
  }
  assert.equal((await knockd.stop()).code, 0);
  const lost = [...knockd.output.matchAll(LOST)].reduce((sum, [, count]) => sum + Number(count), 0);
  assert.ok(lost >= 2 * (SENT - RING) && lost <= 2 * SENT, `${lost} of ${2 * SENT} are lost`);
});

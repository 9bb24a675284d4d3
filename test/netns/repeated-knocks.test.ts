/**
 * Clients that knock several times at each port, and one whose packets are always the same.
 *
 *     client                              server
 *     eth0 10.7.0.2                 ────  eth0 10.7.0.1
 *     nc, curl, nmap, hping3              knockd
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { PATIENCE_MS } from '../lab/program.ts';
import { CLIENT, SERVER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';

/** The ports of the other door are watched as well: a repeat that were no repeat would begin or end something there. */
const DOORS = `[open]
  sequence = 7312,18423,9534
  tcpflags = syn

[udp]
  sequence = 7313:udp,18424:udp,9535:udp

[close]
  sequence = 9534,18423,7312
  tcpflags = syn
`;

const CLIENTS = {
  'curl --retry': [
    'open',
    ['7312', '18423', '9534'],
    false,
    'curl -s --retry 1 --retry-connrefused "http://$0:$1"',
  ],
  'a browser, which tries again by another socket': [
    'open',
    ['7312', '18423', '9534'],
    false,
    'for i in 1 2 3; do nc -z "$0" $1; done',
  ],
  'nmap with retries': [
    'open',
    ['7312', '18423', '9534'],
    true,
    'nmap -n -Pn -sS --max-retries 2 --max-rtt-timeout 100ms -p $1 "$0"',
  ],
  'nc -zuv': ['udp', ['7313', '18424', '9535'], true, 'nc -zuv -w 1 "$0" $1; nc -zuv -w 1 "$0" $1'],
} as const;

describe('a repeat is no wrong knock', { concurrency: 4 }, () => {
  for (const [client, [door, ports, drops, command]] of Object.entries(CLIENTS)) {
    test(`${client}: the door opens once`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      if (drops) await shutFirewall(wire.server);
      await using knockd = await startKnockd(wire.server, directory, DOORS, '-i', 'eth0');
      for (const port of ports) await wire.client.run('sh', '-c', `{ ${command}; } || true`, SERVER, port);
      await knockd.saw(new RegExp(`${CLIENT}: ${door}: OPEN SESAME`));
      await fence(knockd, wire.client, SERVER);
      for (const [other, times] of [
        [door, 1],
        ['close', 0],
      ] as const) {
        assert.equal(knockd.count(new RegExp(`${CLIENT}: ${other}: OPEN SESAME`, 'g')), times, other);
      }
    });
  }

  test('a client whose packets are always the same gets in again once seq_timeout is over', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const config = DOORS.replace('tcpflags', 'seq_timeout = 3\n  tcpflags');
    await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    const opened = (): number => knockd.count(new RegExp(`${CLIENT}: open: OPEN SESAME`, 'g'));
    const hping =
      'for i in 7312 18423 9534; do hping3 -q -c 1 -i u1 -S -s 20 -k -M 77 -p $i "$0"; done; true';
    const end = Date.now() + PATIENCE_MS;
    while (opened() < 2 && Date.now() < end) await wire.client.run('sh', '-c', hping, SERVER);
    assert.equal(opened(), 2);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSocketRow } from '../../../src/host/connections/established-sockets.ts';
import { readTrackedRow } from '../../../src/host/connections/tracked-connections.ts';

const rest = '00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0';

describe('a line of /proc/net/tcp', () => {
  const rows = [
    [`   0: 0100000A:0016 00000000:0000 0A ${rest}`, 'LE', true, 22, '0.0.0.0', 0],
    [`  17: 0100000A:0016 0200000A:C350 01 ${rest}`, 'LE', false, 22, '10.0.0.2', 50_000],
    [`  17: 0A000001:0016 0A000002:C350 01 ${rest}`, 'BE', false, 22, '10.0.0.2', 50_000],
    [
      `   1: 00000000000000000000000000000000:0016 0000000000000000FFFF00000200000A:C350 01 ${rest}`,
      'LE',
      false,
      22,
      '10.0.0.2',
      50_000,
    ],
    [
      `   1: 00000000000000000000000000000000:0016 000007FD000000000000000002000000:0050 01 ${rest}`,
      'LE',
      false,
      22,
      'fd07::2',
      80,
    ],
  ] as const;
  for (const [line, order, isListening, port, peer, peerPort] of rows) {
    test(`${peer} ${order}`, () =>
      assert.deepEqual(readSocketRow(line, order), { isListening, port, peer, peerPort }));
  }
  for (const line of [
    '  sl  local_address rem_address   st tx_queue',
    '',
    `   0: 0100000A:0016 0200000A:C350 06 ${rest}`,
    `   0: 01:0016 02:C350 01 ${rest}`,
  ]) {
    test(`nothing in '${line.slice(0, 40)}'`, () => assert.equal(readSocketRow(line, 'LE'), undefined));
  }
});

describe('a line of /proc/net/nf_conntrack', () => {
  const isOwn = (address: string): boolean => address === '10.7.0.1';
  const row = (line: string) => readTrackedRow(line, isOwn);

  test('to this host, translated through it, and merely routed', () => {
    const tcp = 'ipv4     2 tcp      6 300 ESTABLISHED';
    assert.deepEqual(
      row(
        `${tcp} src=192.0.2.1 dst=10.7.0.1 sport=4000 dport=22 src=10.7.0.1 dst=192.0.2.1 sport=22 dport=4000 [ASSURED] mark=0 use=2`,
      ),
      { protocol: 'tcp', path: 'input', port: 22, peer: '192.0.2.1', peerPort: 4000 },
    );
    assert.deepEqual(
      row(
        `${tcp} src=192.0.2.1 dst=10.7.0.1 sport=4000 dport=8080 src=172.17.0.2 dst=192.0.2.1 sport=80 dport=4000 [ASSURED] mark=0 use=2`,
      ),
      { protocol: 'tcp', path: 'forward', port: 8080, peer: '192.0.2.1', peerPort: 4000 },
    );
    assert.equal(
      row(
        `${tcp} src=192.0.2.1 dst=172.17.0.2 sport=4000 dport=80 src=172.17.0.2 dst=192.0.2.1 sport=80 dport=4000 mark=0 use=2`,
      ),
      undefined,
    );
  });

  test('UDP over IPv6 that is answered; what is not, or is no more, counts not', () => {
    const udp = (mark: string): string =>
      `ipv6     10 udp      17 20 src=fd07:0000:0000:0000:0000:0000:0000:0002 dst=fd07:0000:0000:0000:0000:0000:0000:0001 sport=5000 dport=51820 ${mark}src=fd07:0000:0000:0000:0000:0000:0000:0001 dst=fd07:0000:0000:0000:0000:0000:0000:0002 sport=51820 dport=5000 mark=0 use=2`;
    const own6 = (address: string): boolean => address === 'fd07::1';
    assert.deepEqual(readTrackedRow(udp(''), own6), {
      protocol: 'udp',
      path: 'input',
      port: 51_820,
      peer: 'fd07::2',
      peerPort: 5000,
    });
    assert.equal(readTrackedRow(udp('[UNREPLIED] '), own6), undefined);
    for (const line of [
      '',
      'ipv4 2 icmp 1 29 src=1.1.1.1 dst=10.7.0.1 type=8',
      'ipv4 2 tcp 6 30 TIME_WAIT src=1.1.1.1 dst=10.7.0.1 sport=1 dport=22 src=10.7.0.1 dst=1.1.1.1 sport=22 dport=1',
    ]) {
      assert.equal(row(line), undefined);
    }
  });
});

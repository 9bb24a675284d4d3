import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderOwnTable } from '../../../src/core/nft/own-table.ts';
import { gate, grant } from './nft-gates.ts';

const ADDRESSED = (protocol: string, port: string): string =>
  `meta l4proto ${protocol} ct direction original ct original proto-dst ${port}`;

describe('Bussa’s own table', () => {
  test('closes the ports of a door but for its sources', () => {
    const text = renderOwnTable(
      [gate('ssh', 'tcp/22, udp/51820')],
      [grant('ssh', '192.0.2.7'), grant('ssh', '2001:db8::7', 90)],
    );
    assert.deepEqual(text, [
      'add table inet bussa',
      'add set inet bussa d_ssh_4 { type ipv4_addr; flags timeout; }',
      'add set inet bussa d_ssh_6 { type ipv6_addr; flags timeout; }',
      'add chain inet bussa translated',
      `add rule inet bussa translated ${ADDRESSED('tcp', '22')} ip saddr @d_ssh_4 accept comment "ssh"`,
      `add rule inet bussa translated ${ADDRESSED('tcp', '22')} ip6 saddr @d_ssh_6 accept comment "ssh"`,
      `add rule inet bussa translated ${ADDRESSED('udp', '51820')} ip saddr @d_ssh_4 accept comment "ssh"`,
      `add rule inet bussa translated ${ADDRESSED('udp', '51820')} ip6 saddr @d_ssh_6 accept comment "ssh"`,
      `add rule inet bussa translated ${ADDRESSED('tcp', '22')} ct status dnat drop`,
      `add rule inet bussa translated ${ADDRESSED('udp', '51820')} ct status dnat drop`,
      'add chain inet bussa input { type filter hook input priority filter - 1; policy accept; }',
      'add rule inet bussa input ct state established meta l4proto != tcp accept',
      'add rule inet bussa input ct state established tcp flags & (syn | ack) != syn accept',
      'add rule inet bussa input iifname "lo" accept',
      'add rule inet bussa input ct status dnat jump translated',
      'add rule inet bussa input tcp dport 22 ip saddr @d_ssh_4 accept comment "ssh"',
      'add rule inet bussa input tcp dport 22 ip6 saddr @d_ssh_6 accept comment "ssh"',
      'add rule inet bussa input udp dport 51820 ip saddr @d_ssh_4 accept comment "ssh"',
      'add rule inet bussa input udp dport 51820 ip6 saddr @d_ssh_6 accept comment "ssh"',
      'add rule inet bussa input tcp dport 22 tcp flags & (syn | ack) != ack drop',
      'add rule inet bussa input udp dport 51820 drop',
      'add element inet bussa d_ssh_4 { 192.0.2.7 timeout 1m }',
      'add element inet bussa d_ssh_6 { 2001:db8::7 timeout 1m30s }',
    ]);
  });

  test('in the forward path goes by the port that was addressed, and closes what was translated or comes from strangers', () => {
    const ingresses = [
      { from: 'eth0', exceptTo: ['eth0'] },
      { from: 'lan0', exceptTo: ['lan0', 'eth0'] },
    ];
    const web = { ...gate('web', 'tcp/8080 forward, tcp/90-99 forward'), ingresses };
    const text = renderOwnTable([web], []);
    const forward = text.findIndex((line) => line.startsWith('add chain inet bussa forward'));
    assert.deepEqual(text.slice(forward), [
      'add chain inet bussa forward { type filter hook forward priority filter - 1; policy accept; }',
      'add rule inet bussa forward ct state established meta l4proto != tcp accept',
      'add rule inet bussa forward ct state established tcp flags & (syn | ack) != syn accept',
      `add rule inet bussa forward ${ADDRESSED('tcp', '90-99')} ip saddr @d_web_4 accept comment "web"`,
      `add rule inet bussa forward ${ADDRESSED('tcp', '90-99')} ip6 saddr @d_web_6 accept comment "web"`,
      `add rule inet bussa forward ${ADDRESSED('tcp', '8080')} ip saddr @d_web_4 accept comment "web"`,
      `add rule inet bussa forward ${ADDRESSED('tcp', '8080')} ip6 saddr @d_web_6 accept comment "web"`,
      'add rule inet bussa forward ct state untracked tcp dport { 90-99, 8080 } ip saddr @d_web_4 accept comment "web"',
      'add rule inet bussa forward ct state untracked tcp dport { 90-99, 8080 } ip6 saddr @d_web_6 accept comment "web"',
      `add rule inet bussa forward ${ADDRESSED('tcp', '90-99')} ct status dnat drop`,
      `add rule inet bussa forward ${ADDRESSED('tcp', '8080')} ct status dnat drop`,
      ...['iifname "eth0" oifname != "eth0"', 'iifname "lan0" oifname != { "lan0", "eth0" }'].flatMap(
        (way) => [
          `add rule inet bussa forward ${way} ${ADDRESSED('tcp', '90-99')} tcp flags & (syn | ack) != ack drop`,
          `add rule inet bussa forward ${way} ${ADDRESSED('tcp', '8080')} tcp flags & (syn | ack) != ack drop`,
          `add rule inet bussa forward ${way} ct state invalid,untracked tcp dport { 90-99, 8080 } tcp flags & (syn | ack) != ack drop`,
        ],
      ),
    ]);
    assert.deepEqual(
      text.slice(0, forward).filter((line) => / input tcp dport /.test(line)),
      [
        'add rule inet bussa input tcp dport { 90-99, 8080 } ip saddr @d_web_4 accept comment "web"',
        'add rule inet bussa input tcp dport { 90-99, 8080 } ip6 saddr @d_web_6 accept comment "web"',
        'add rule inet bussa input tcp dport { 90-99, 8080 } tcp flags & (syn | ack) != ack drop',
      ],
      'and what this host listens on there itself',
    );
  });

  test('takes a single-use element out by the rule that it matches, once', () => {
    const text = renderOwnTable([gate('once', 'tcp/22', true)], []);
    const limit = 'size 65536; flags dynamic,timeout; limit rate 1/week burst 1 packets;';
    assert.deepEqual(text.slice(1, 3), [
      `add set inet bussa d_once_4 { type ipv4_addr; ${limit} }`,
      `add set inet bussa d_once_6 { type ipv6_addr; ${limit} }`,
    ]);
    assert.deepEqual(text.slice(-4), [
      'add rule inet bussa input tcp dport 22 ct state new ct status confirmed accept comment "once"',
      'add rule inet bussa input tcp dport 22 tcp flags & (syn | ack) == syn ip saddr @d_once_4 delete @d_once_4 { ip saddr } accept comment "once"',
      'add rule inet bussa input tcp dport 22 tcp flags & (syn | ack) == syn ip6 saddr @d_once_6 delete @d_once_6 { ip6 saddr } accept comment "once"',
      'add rule inet bussa input tcp dport 22 tcp flags & (syn | ack) != ack drop',
    ]);
  });

  test('joins ranges that overlap or touch, of one door and of several', () => {
    const text = renderOwnTable(
      [gate('a', 'tcp/10-20, tcp/15-25, tcp/26, tcp/30'), gate('b', 'tcp/1, tcp/28-29')],
      [],
    );
    assert.ok(
      text.includes('add rule inet bussa input tcp dport { 10-26, 30 } ip saddr @d_a_4 accept comment "a"'),
    );
    assert.equal(
      text.at(-1),
      'add rule inet bussa input tcp dport { 1, 10-26, 28-30 } tcp flags & (syn | ack) != ack drop',
    );
  });

  test('of a door that cuts: no answer to what the service begins, but from its sources, and nothing begun by it', () => {
    const text = renderOwnTable([{ ...gate('ssh', 'tcp/22, udp/51820'), closeKills: true }], []);
    assert.deepEqual(
      text.filter((line) => / (?:direction reply|sport) |chain inet bussa output/.test(line)),
      [
        'add rule inet bussa input iifname != "lo" tcp dport 22 ct direction reply ip saddr != @d_ssh_4 drop',
        'add rule inet bussa input iifname != "lo" tcp dport 22 ct direction reply ip6 saddr != @d_ssh_6 drop',
        'add rule inet bussa input iifname != "lo" udp dport 51820 ct direction reply ip saddr != @d_ssh_4 drop',
        'add rule inet bussa input iifname != "lo" udp dport 51820 ct direction reply ip6 saddr != @d_ssh_6 drop',
        'add chain inet bussa output { type filter hook output priority filter - 1; policy accept; }',
        'add rule inet bussa output oifname != "lo" tcp sport 22 tcp flags & (syn | ack) != syn ct state new drop',
        'add rule inet bussa output oifname != "lo" udp sport 51820 ct state new drop',
      ],
    );
    assert.ok(text.includes('add rule inet bussa input tcp dport 22 drop'), 'the middle of a connection too');
    const established = text.indexOf(
      'add rule inet bussa input ct state established meta l4proto != tcp accept',
    );
    assert.ok(established > text.findLastIndex((line) => line.includes('direction reply')));
  });

  test('of a door that cuts, in the forward path: both in one chain, before what is established', () => {
    const text = renderOwnTable([{ ...gate('web', 'udp/8080 forward'), closeKills: true }], []);
    const answer = 'meta l4proto udp ct direction reply ct reply proto-dst 8080';
    const forward = text.findIndex((line) => line.startsWith('add chain inet bussa forward'));
    assert.deepEqual(text.slice(forward + 1, forward + 6), [
      `add rule inet bussa forward ${answer} ip saddr != @d_web_4 drop`,
      `add rule inet bussa forward ${answer} ip6 saddr != @d_web_6 drop`,
      'add rule inet bussa forward udp sport 8080 ct state new drop',
      'add rule inet bussa forward ct state established meta l4proto != tcp accept',
      'add rule inet bussa forward ct state established tcp flags & (syn | ack) != syn accept',
    ]);
    assert.deepEqual(
      text.filter((line) => line.startsWith('add rule inet bussa output')),
      ['add rule inet bussa output oifname != "lo" udp sport 8080 ct state new drop'],
      'a proxy on this host answers there too',
    );
  });

  test('without a door is empty', () => {
    assert.deepEqual(renderOwnTable([], []), ['add table inet bussa']);
  });
});

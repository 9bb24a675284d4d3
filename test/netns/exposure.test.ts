/**
 * What the daemon calls closed has been judged against the whole ruleset: at its start, after each change of the rules,
 * over both families; and `bussa status` tells the same.
 */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { somePairs } from '../lab/some-pairs.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { ClientFixture, SSH_DOOR } from './client-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const ELSEWHERE = `table ip sent { chain pre {
  type nat hook prerouting priority dstnat; policy accept;
  tcp dport 22 dnat to 10.8.0.9;
}; }`;
const BY_CHANCE = `table inet chance { chain early {
  type filter hook prerouting priority mangle; policy accept;
  tcp dport 22 numgen random mod 2 0 notrack;
}; }`;

async function statusOf(stage: ClientFixture): Promise<string> {
  const place = ['-c', stage.directory.file('knockd.conf'), '--state', stage.directory.path];
  return stage.wire.server.run(BUSSA, 'status', ...place);
}

describe('nobody says "closed" of a port that a stranger reaches', { concurrency: 2 }, () => {
  test('the log and the status follow the rules: closed, sent elsewhere, closed again', async () => {
    await using stage = await ClientFixture.create();
    const { server } = stage.wire;
    await using _service = await startService(server, 22);
    await server.run(
      'nft',
      'table inet owner { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }',
    );
    const daemon = await stage.startDaemon(SSH_DOOR);
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/22/);
    assert.match(await statusOf(stage), /strangers +closed to them: tcp\/22/);

    await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    await server.run('nft', ELSEWHERE);
    await daemon.saw(/tcp\/22 is open to everybody over IPv4: .*sent on by `nft ip sent pre, handle \d+`/);
    const open = await statusOf(stage);
    assert.match(open, /strangers +PROBLEM: tcp\/22 is open to everybody over IPv4/);
    assert.doesNotMatch(open, /closed to them/);

    await server.run('nft', 'delete table ip sent');
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/22/, 2);
    assert.match(await statusOf(stage), /strangers +closed to them: tcp\/22/);
  });

  test('what is confirmed is called closed only as far as it is', async () => {
    for (const isOpen of [false, true]) {
      await using stage = await ClientFixture.create();
      const { server } = stage.wire;
      if (isOpen) {
        await server.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
        await server.run('nft', ELSEWHERE);
      }
      const daemon = await stage.startDaemon(SSH_DOOR, '--confirm', '600');
      await daemon.saw(/reverting in/);
      const place = ['-c', stage.directory.file('knockd.conf'), '--state', stage.directory.path];
      const said = await server.run(BUSSA, 'confirm', ...place);
      await daemon.saw(/confirmed by bussa confirm/);
      const closed = /Confirmed: .*\nStrangers cannot reach, judged by the whole ruleset: tcp\/22\./;
      if (isOpen) assert.match(said, /Confirmed: .*\nPROBLEM: tcp\/22 is open to everybody over IPv4: /);
      else assert.match(said, closed);
      if (isOpen) assert.doesNotMatch(`${said}${daemon.output}`, /stay closed|cannot reach/);
    }
  });

  test('iptables without ip6tables: IPv6 is open, and log, status, check, confirm and doctor say so', async () => {
    await using stage = await ClientFixture.create();
    const { server } = stage.wire;
    await using _service = await startService(server, 22);
    const { directory } = stage;
    for (const name of ['ip6tables', 'ip6tables-save', 'ip6tables-restore', 'ip6tables-nft'])
      chmodSync(directory.file(name, '#!/bin/sh\necho "ip6tables: gone" >&2\nexit 3\n'), 0o755);
    const file = directory.file('knockd.conf', `[options]\n  firewall = iptables\n${SSH_DOOR}`);
    const place = ['-c', file, '--state', directory.path];
    const path = `PATH=${directory.path}:${process.env.PATH}`;
    const daemon = server.start('env', path, BUSSA, 'up', ...place, '--confirm', '600');
    await daemon.saw(/tcp\/22 is open to everybody over IPv6/);
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await assertOpen(stage.wire.client, SERVER6, 22, CLIENT6);
    const said = [daemon.output];
    for (const verb of ['status', 'check', 'doctor', 'confirm']) {
      const asked = server.start('env', path, BUSSA, verb, ...place);
      await asked.exited;
      assert.match(
        asked.output,
        /tcp\/22 is (?:open|hidden over IPv4, and open) to everybody over IPv6/,
        verb,
      );
      said.push(asked.output);
    }
    assert.doesNotMatch(said.join(''), /cannot reach|closed to them|stay closed/);
  });

  test('what cannot be judged is reported as such', async () => {
    await using stage = await ClientFixture.create();
    const { server } = stage.wire;
    const daemon = await stage.startDaemon(SSH_DOOR);
    await daemon.saw(/strangers cannot reach, judged by the whole ruleset: tcp\/22/);
    await server.run('nft', BY_CHANCE.replace('notrack', 'tcp dport set 23'));
    await daemon.saw(/tcp\/22 over IPv4 and IPv6 could not be judged: numgen/);
    assert.doesNotMatch(await statusOf(stage), /closed to them/);
  });
});

/** What keeps those out who have knocked; the daemon's firewall. */
const BARRIERS = [
  [
    'a chain with policy accept that drops the port',
    'nftables',
    ['nft', 'table inet own { chain input { type filter hook input priority 10; tcp dport 22 drop; }; }'],
  ],
  [
    'a drop at prerouting',
    'nftables',
    [
      'nft',
      'table inet own { chain pre { type filter hook prerouting priority -10; tcp dport 22 counter drop; }; }',
    ],
  ],
  [
    'a drop behind a jump and a verdict map',
    'nftables',
    [
      'nft',
      'table inet own { chain a { drop; }; chain input { type filter hook input priority -200; tcp dport vmap { 22 : jump a }; }; }',
    ],
  ],
  [
    'iptables that closes beside nftables',
    'nftables',
    ['sh', '-c', 'for i in iptables ip6tables; do $i -w -A INPUT -p tcp --dport 22 -j DROP; done'],
  ],
  [
    'iptables-legacy that closes beside nftables',
    'nftables',
    [
      'sh',
      '-c',
      'for i in iptables ip6tables; do $i-legacy -w -t mangle -A PREROUTING -p tcp --dport 22 -j DROP; done',
    ],
  ],
  [
    'a chain of nftables that closes beside iptables',
    'iptables',
    [
      'nft',
      'table inet own { chain input { type filter hook input priority 0; policy drop; ct state established accept; meta l4proto ipv6-icmp accept; udp dport 8000 accept; tcp dport { 7000, 9000 } accept; }; }',
    ],
  ],
] as const;

describe('who has knocked, and is kept out by the owner’s rules', { concurrency: 2 }, () => {
  for (const [name, firewall, command] of BARRIERS) {
    test(`${name}: reported with the command that lets it pass, and the command works`, async () => {
      await using stage = await ClientFixture.create();
      const { client, server } = stage.wire;
      await using _service = await startService(server, 22);
      await server.run(...(command as unknown as [string, ...string[]]));
      const place = ['-c', stage.directory.file('knockd.conf'), '--state', stage.directory.path];
      const daemon = await stage.startDaemon(
        `[options]\n  firewall = ${firewall}\n${SSH_DOOR.replace(/open_for +=.*/, 'open_for = 600')}`,
      );
      await daemon.saw(/tcp\/22 stays shut over IPv4 and IPv6 even after a knock: .* drops? it/);
      assert.match(
        await statusOf(stage),
        /strangers +PROBLEM: tcp\/22 stays shut over .* even after a knock/,
      );
      const check = server.start(BUSSA, 'check', ...place);
      assert.equal((await check.exited).code, 1);
      assert.match(check.output, /knockd\.conf:7:1: tcp\/22 stays shut over .* even after a knock/);
      await client.run(C_KNOCK, SERVER, '7000', '8000:udp', '9000');
      await daemon.saw(/ssh: opened tcp\/22/);
      await assertShut(client, SERVER, 22, CLIENT);

      const doctor = server.start(BUSSA, 'doctor', '--json', ...place);
      await doctor.exited;
      const { findings } = JSON.parse(doctor.output) as { findings: { id: string; remedy: string }[] };
      const wayIn = findings.find(({ id }) => id === 'way-in');
      assert.ok(wayIn !== undefined, doctor.output);
      await server.run('sh', '-ec', wayIn.remedy);
      assert.doesNotMatch(await statusOf(stage), /PROBLEM/);
      await assertOpen(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER, 22, STRANGER);
    });
  }
});

/** Chains with policy accept that drop the port by rules of their own, each in the owner's way. */
const CLOSERS = [
  'chain input { type filter hook input priority 10; tcp dport 22 drop; }',
  'set few { type ipv4_addr; elements = { 10.99.0.1 }; }; chain a { ip saddr @few accept; reject; }; chain input { type filter hook input priority -200; tcp dport vmap { 22 : jump a }; }',
  'chain input { type filter hook input priority 0; ip saddr != 10.99.0.0/16 tcp dport 1-1024 counter drop; meta nfproto ipv6 tcp dport 22 drop; }',
];

describe('an owner’s chain that drops the port itself is attached to, whatever its policy', {
  concurrency: 2,
}, () => {
  for (const [[n, chain], isLater] of somePairs([...CLOSERS.entries()], [false, true])) {
    test(`${n}, ${isLater ? 'loaded while the daemon runs' : 'there before'}`, async () => {
      await using stage = await ClientFixture.create();
      const { client, server } = stage.wire;
      await using _service = await startService(server, 22);
      const load = () => server.run('nft', `table inet own { ${chain}; }`);
      if (!isLater) await load();
      const daemon = await stage.startDaemon(SSH_DOOR.replace(/open_for +=.*/, 'open_for = 600'));
      if (isLater) await load();
      await daemon.saw(/using nftables, attached to inet own input, table inet bussa/);
      await client.run(C_KNOCK, SERVER, '7000', '8000:udp', '9000');
      await daemon.saw(/ssh: opened tcp\/22/);
      await assertOpen(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER, 22, STRANGER);
      assert.doesNotMatch(await statusOf(stage), /PROBLEM/);
    });
  }

  test('a list of blocked sources is none of these: it stays in force', async () => {
    await using stage = await ClientFixture.create();
    const { client, server } = stage.wire;
    await using _service = await startService(server, 22);
    const list = `set bad { type ipv4_addr; elements = { ${CLIENT} }; }`;
    await server.run(
      'nft',
      `table inet f2b { ${list}; chain input { type filter hook input priority -1; ip saddr @bad tcp dport 22 reject; }; }`,
    );
    const daemon = await stage.startDaemon(SSH_DOOR.replace(/open_for +=.*/, 'open_for = 600'));
    await daemon.saw(/using nftables, table inet bussa/);
    await client.run(C_KNOCK, SERVER, '7000', '8000:udp', '9000');
    await daemon.saw(/ssh: opened tcp\/22/);
    await assertShut(client, SERVER, 22, CLIENT);
  });
});

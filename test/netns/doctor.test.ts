/**
 * `bussa doctor`: each of its findings provoked for real, and each remedy that is a command typed as it stands.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *                                     bussa up, a service on 22, doctor
 */
import assert from 'node:assert/strict';
import { realpathSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Finding } from '../../src/core/doctor/finding.ts';
import { C_KNOCKD } from '../lab/knockd.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { ClientFixture, SSH_DOOR } from './client-fixture.ts';
import { assertVerdict, type Report, readReport } from './doctor-report.ts';
import { BUSSA } from './up-fixture.ts';

const COMMAND_DOOR = `[ssh]
  sequence      = 7000,8000:udp,9000
  seq_timeout   = 5
  tcpflags      = syn
  start_command = /sbin/iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
  cmd_timeout   = 10
  stop_command  = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
`;

/** The doctor's words on the server, within `sh -c` of a mount namespace of its own that `before` has changed. */
async function examine(stage: ClientFixture, before = 'true', ...wrap: readonly string[]): Promise<Report> {
  const words = [
    'doctor',
    '--json',
    '-c',
    stage.directory.file('knockd.conf'),
    '--state',
    stage.directory.path,
  ];
  const line = `{ ${before}; } >&2 && exec "$@"`;
  await using program = stage.wire.server.start('sh', '-c', line, 'sh', ...wrap, BUSSA, ...words);
  const { code } = await program.exited;
  return readReport(program.output, code);
}

/** Types the remedy of a finding on the server. */
async function fix(
  stage: ClientFixture,
  report: Report,
  id: string,
  verdict: Finding['verdict'] = 'problem',
) {
  const { remedy = '' } = assertVerdict(report, id, verdict);
  await stage.wire.server.run('sh', '-c', remedy);
}

describe('bussa doctor', { concurrency: 2 }, () => {
  test('a host that is well; then its daemon stops', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    const daemon = await stage.startDaemon();
    const well = await examine(stage);
    for (const id of [
      'privileges',
      'library-koffi',
      'library-libpcap',
      'library-libnftables',
      'daemon-running',
      'packets-lost',
      'another-knockd',
      'interface-up',
      'log-rotation',
      'established',
    ]) {
      assertVerdict(well, id, 'ok');
    }
    assertVerdict(well, 'port-hidden', 'ok', /tcp\/22 is dropped \(inet bussa input of nftables\)/);
    assertVerdict(well, 'address', 'warning', /10\.7\.0\.1.*private/);
    assertVerdict(well, 'default-policy', 'warning', /let in over IPv4 and IPv6/);
    assert.equal(well.status, 0, well.text);
    for (const { verdict, remedy, hint } of well.findings)
      assert.ok(verdict === 'ok' || verdict === 'unknown' || remedy !== undefined || hint !== undefined);

    await daemon.stop();
    const ill = await examine(stage);
    assertVerdict(ill, 'daemon-running', 'problem');
    assertVerdict(ill, 'port-hidden', 'problem', /open to everybody over IPv4 and IPv6/);
    assert.equal(ill.status, 1);
  });

  test('a door of commands: the port is open, then over IPv6 alone, then hidden; probes agree', async () => {
    await using stage = await ClientFixture.create();
    const { client, server } = stage.wire;
    await using _service = await startService(server, 22);
    stage.directory.file('knockd.conf', COMMAND_DOOR);
    const open = await examine(stage);
    await assertOpen(client, SERVER, 22, CLIENT);
    await fix(stage, open, 'port-hidden');
    await assertShut(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER6, 22, CLIENT6);
    assertVerdict(await examine(stage), 'port-hidden', 'ok');

    await server.run('ip6tables', '-F', 'INPUT');
    const gap = await examine(stage);
    await assertOpen(client, SERVER6, 22, CLIENT6);
    assertVerdict(gap, 'ipv6-gap', 'problem', /hidden over IPv4, and open to everybody over IPv6/);
    await fix(stage, gap, 'ipv6-gap');
    await assertShut(client, SERVER6, 22, CLIENT6);
    assertVerdict(await examine(stage), 'port-hidden', 'ok', /INPUT of iptables, INPUT of ip6tables/);
  });

  test('policy drop of iptables without a rule for what is established', async () => {
    await using stage = await ClientFixture.create();
    const { server } = stage.wire;
    stage.directory.file('knockd.conf', COMMAND_DOOR);
    for (const iptables of ['iptables', 'ip6tables']) await server.run(iptables, '-P', 'INPUT', 'DROP');
    const first = await examine(stage);
    assertVerdict(first, 'default-policy', 'ok');
    assertVerdict(first, 'service-listening', 'warning', /nothing on this host listens on tcp\/22/);
    await fix(stage, first, 'established');
    assertVerdict(await examine(stage), 'established', 'ok');
  });

  test('nftables: sets, jumps and maps are followed; the finding `established` is fixed by nft', async () => {
    await using stage = await ClientFixture.create();
    const { client, server } = stage.wire;
    await using _service = await startService(server, 22);
    stage.directory.file('knockd.conf', COMMAND_DOOR);
    const ruleset = `table inet host {
      chain services { tcp dport { 80, 443 } accept; ip saddr 192.0.2.0/24 accept; }
      chain input {
        type filter hook input priority 0; policy drop;
        ct state vmap { invalid : drop }
        iifname "lo" accept
        meta l4proto { icmp, ipv6-icmp } accept
        meta l4proto vmap { tcp : jump services, udp : drop }
      }
    }`;
    await server.run('nft', ruleset);
    const shut = await examine(stage);
    assertVerdict(shut, 'port-hidden', 'ok', /inet host input of nftables/);
    await assertShut(client, SERVER, 22, CLIENT);
    await fix(stage, shut, 'established');
    assertVerdict(await examine(stage), 'established', 'ok');
    await server.run('nft', 'add rule inet host services tcp dport 20-30 accept');
    assertVerdict(await examine(stage), 'port-hidden', 'problem', /over IPv4 and IPv6/);
    await assertOpen(client, SERVER, 22, CLIENT);
  });

  test('a container runtime publishes the port: the remedy makes the door a forward one', async () => {
    await using stage = await ClientFixture.create();
    const { server } = stage.wire;
    stage.directory.file('knockd.conf', SSH_DOOR);
    await server.run(
      'sh',
      '-c',
      'iptables -t nat -N DOCKER && iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER && iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 22 -j DNAT --to-destination 172.17.0.2:22',
    );
    const report = await examine(stage);
    assertVerdict(report, 'container-bypass', 'problem', /DOCKER of table nat sends tcp\/22 on/);
    await fix(stage, report, 'container-bypass');
    assertVerdict(await examine(stage), 'container-bypass', 'ok', /forward/);
  });

  test('another knockd, an interface that is down or missing, a log that nothing rotates, mistakes', async () => {
    await using stage = await ClientFixture.create();
    const { server } = stage.wire;
    const log = stage.directory.file('log', '');
    const config = `[options]\n  Interface = eth0\n  LogFile = ${log}\n${SSH_DOOR}`;
    const file = stage.directory.file('knockd.conf', config);
    await using other = server.start(
      C_KNOCKD,
      '-c',
      stage.directory.file('c.conf', COMMAND_DOOR),
      '-v',
      '-i',
      'lo',
    );
    await other.saw(/listening on/);
    await server.ip('link set eth0 down');
    const report = await examine(stage);
    await fix(stage, report, 'another-knockd');
    await other.exited;
    assertVerdict(report, 'interface-up', 'problem', /interface eth0 is down/);
    await fix(stage, report, 'interface-up');
    const { remedy = '' } = assertVerdict(report, 'log-rotation', 'warning', /nothing rotates/);
    const rotated = await examine(stage, `mount -t tmpfs none /etc/logrotate.d && ${remedy}`);
    assertVerdict(rotated, 'log-rotation', 'ok');
    assertVerdict(rotated, 'another-knockd', 'ok');
    assertVerdict(rotated, 'interface-up', 'ok');

    writeFileSync(file, config.replace('eth0', 'eth7'));
    assertVerdict(
      await examine(stage),
      'interface-up',
      'problem',
      /the configured interface eth7 does not exist/,
    );
    writeFileSync(file, config.replace('tcp/22', 'tcp/0'));
    assertVerdict(await examine(stage), 'configuration', 'problem', /knockd\.conf:\d+:\d+: /);
  });

  test('missing privileges and libraries', async () => {
    await using stage = await ClientFixture.create();
    stage.directory.file('knockd.conf', SSH_DOOR);
    const weak = await examine(
      stage,
      'true',
      'setpriv',
      '--bounding-set',
      '-net_admin',
      '--inh-caps',
      '-net_admin',
    );
    assertVerdict(weak, 'privileges', 'problem', /CAP_NET_ADMIN is missing/);
    const library = realpathSync(
      `/usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/libnftables.so.1`,
    );
    const poor = await examine(stage, `mount --bind /dev/null ${library}`);
    assertVerdict(poor, 'library-libnftables', 'problem');
    assertVerdict(poor, 'library-libpcap', 'ok');
  });
});

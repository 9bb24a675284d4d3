// packaging/knockd.service under a systemd that has booted: npm run test:systemd.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { assertOpen, assertShut, Connection } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { CLONE } from './booted-debian.ts';
import { door, KNOCKS, Machine, until } from './machine.ts';

describe('the unit under systemd', { concurrency: 2 }, () => {
  test('started, it hears; status, journal, reload, the closing in time, the stop', async () => {
    await using machine = await Machine.withUnit(door(4));
    const { wire, debian } = machine;
    await machine.systemctl('start', 'knockd');
    await machine.knock();
    await using journal = machine.journal();
    await journal.saw(/10\.7\.0\.2: ssh: opened tcp\/22 for 4 s/);
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    await assertShut(wire.client, SERVER, 22, STRANGER);
    const status = await machine.systemctl('status', '--no-pager', 'knockd');
    assert.match(status, /Active: active \(running\)/);
    assert.match(status, /Status: "listening on all interfaces; 1 door, \d leases? open"/);
    await journal.saw(/10\.7\.0\.2: ssh: closed tcp\/22/);
    await assertShut(wire.client, SERVER, 22, CLIENT);
    await assertWalled(machine);

    const [entry = ''] = (
      await debian.run('journalctl', '-u', 'knockd', '-o', 'json', 'BUSSA_EVENT=opened')
    ).split('\n');
    const fields = JSON.parse(entry) as Record<string, string>;
    assert.equal(fields.BUSSA_SOURCE, CLIENT);
    assert.equal(fields.BUSSA_DOOR, 'ssh');
    assert.equal(fields.SYSLOG_IDENTIFIER, 'knockd');
    assert.equal(fields._SYSTEMD_UNIT, 'knockd.service');
    assert.equal(fields._PID, await machine.show('MainPID'));

    debian.write(
      '/etc/knockd.conf',
      `${door(4)}[new]\n  sequence = 7300:udp\n  open = tcp/22\n  open_for = 2\n`,
    );
    await machine.systemctl('reload', 'knockd');
    await machine.knock(['7300:udp']);
    await journal.saw(/10\.7\.0\.2: new: closed tcp\/22/);
    debian.write('/etc/knockd.conf', '[ssh]\n  sequence = no\n');
    await machine.systemctl('reload', 'knockd').catch(() => undefined);
    await journal.saw(/old one stays|stays in force|goes on|refused/);
    assert.equal(await machine.show('ActiveState'), 'active');

    assert.match(await machine.rules(), /table inet bussa/);
    await machine.systemctl('stop', 'knockd');
    assert.equal(await machine.rules(), '');
    assert.equal(await machine.show('Result'), 'success');
    await assertOpen(wire.client, SERVER, 22, STRANGER);
  });

  test('on_exit = keep: stopped, the ports stay closed, and open doors do not stay open', async () => {
    await using machine = await Machine.withUnit(`[options]\n  on_exit = keep\n${door(600)}`);
    await machine.systemctl('start', 'knockd');
    await machine.knock();
    await assertOpen(machine.wire.client, SERVER, 22, CLIENT);
    await machine.systemctl('stop', 'knockd');
    assert.match(await machine.rules(), /table inet bussa/);
    await assertShut(machine.wire.client, SERVER, 22, CLIENT);
  });

  test('the watchdog kills one that hangs; the next one goes on with what is open', async () => {
    await using machine = await Machine.withUnit(door(600));
    const { wire } = machine;
    await machine.edit('quick', '[Service]\nWatchdogSec=2\n');
    await machine.systemctl('start', 'knockd');
    await using journal = machine.journal();
    await machine.knock();
    await journal.saw(/ssh: opened tcp\/22 for 600 s/);
    const hung = await machine.show('MainPID');
    await machine.systemctl('kill', '-s', 'STOP', 'knockd');
    await journal.saw(/Watchdog timeout/);
    await journal.saw(/10\.7\.0\.2: ssh: .*left open by an earlier run/);
    await until('it runs again', async () => (await machine.show('ActiveState')) === 'active');
    assert.notEqual(await machine.show('MainPID'), hung);
    assert.equal(await machine.show('NRestarts'), '1');
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    await assertShut(wire.client, SERVER, 22, STRANGER);
    await machine.systemctl('stop', 'knockd');
    assert.equal(await machine.rules(), '');
  });

  test('connections are minded behind the walls: hold, close_kills, and history', async () => {
    await using machine = await Machine.withUnit(door(2, 'hold = yes') + KILLER);
    const { wire, debian } = machine;
    await machine.systemctl('start', 'knockd');
    await using journal = machine.journal();
    await machine.knock();
    await journal.saw(/ssh: opened tcp\/22/);
    const connection = await Connection.open(wire.client, SERVER, 22, CLIENT);
    await journal.saw(/ssh: held open while a connection lives/);
    await connection.assertAlive();
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    await connection[Symbol.asyncDispose]();
    await journal.saw(/ssh: closed tcp\/22/);

    await machine.knock(['7400:udp']);
    await journal.saw(/killer: opened tcp\/22/);
    await using cut = await Connection.open(wire.client, SERVER, 22, CLIENT);
    await cut.assertAlive();
    await journal.saw(/killer: closed tcp\/22/);
    await assert.rejects(cut.assertAlive());
    const history = await debian.run('bussa', 'history');
    for (const name of ['ssh', 'killer'])
      assert.match(history, new RegExp(`10\\.7\\.0\\.2.*${name}|${name}.*10\\.7\\.0\\.2`));
    assert.match(await debian.run('bussa', 'status'), /^ssh +tcp\/22/m);
  });

  test('Metrics at a socket in /run/bussa; at a port only where the unit lets it', async () => {
    await using machine = await Machine.withUnit(`[options]\n  Metrics = /run/bussa/metrics\n${door(9)}`);
    const { debian } = machine;
    await machine.systemctl('start', 'knockd');
    // They are served a moment after the service counts as started.
    await until('the socket is there', async () => existsSync(debian.file('/run/bussa/metrics')));
    assert.match(await scrape(debian.file('/run/bussa/metrics')), /^bussa_firewall_in_place 1$/m);

    debian.write('/etc/knockd.conf', `[options]\n  Metrics = 127.0.0.1:9617\n${door(9)}`);
    const reach = async (): Promise<number> => {
      await machine.systemctl('restart', 'knockd');
      const sockets = (): Promise<string> => machine.wire.server.run('ss', '-Hltn');
      await until('the port listens', async () => (await sockets()).includes('127.0.0.1:9617'));
      return machine.wire.server.status('nc', '-z', '-w', '2', '127.0.0.1', '9617');
    };
    assert.equal(await reach(), 0);
    await machine.edit('metrics', '[Service]\nIPAddressDeny=any\n');
    assert.notEqual(await reach(), 0, 'a drop-in may take that away');
  });

  test('doors with commands, with the file for them', async () => {
    await using machine = await Machine.withUnit(COMMANDS);
    const { debian } = machine;
    const directory = '/etc/systemd/system/knockd.service.d';
    await debian.run(
      'install',
      '-D',
      '-m',
      '644',
      '-t',
      directory,
      `${CLONE}/packaging/knockd-commands.conf`,
    );
    await machine.systemctl('daemon-reload');
    await machine.systemctl('start', 'knockd');
    await using journal = machine.journal();
    await machine.knock();
    await journal.saw(/file: running command: rm /);
    await until(
      'the stop command has run',
      async () => (await debian.status('test', '-e', '/srv/10.7.0.2')) !== 0,
    );
    assert.match(debian.read('/srv/log'), /^open 10\.7\.0\.2\n$/);
    assert.match(await machine.rules(), /^$/);
  });

  test('Control_Group behind the walls, with the drop-in for it', async () => {
    await using machine = await Machine.withUnit(`[options]\n  Control_Group = knockops\n${door(9)}`);
    const { debian } = machine;
    await debian.run('groupadd', 'knockops');
    await machine.edit('group', '[Service]\nGroup=knockops\n');
    await machine.systemctl('start', 'knockd');
    const ask = (group: string): Promise<number> =>
      debian.status('setpriv', '--reuid=nobody', `--regid=${group}`, '--clear-groups', 'bussa', 'status');
    assert.equal(await ask('knockops'), 0);
    assert.equal(await ask('nogroup'), 77);
  });

  test('START_KNOCKD=0: inactive, not failed', async () => {
    await using machine = await Machine.withUnit(door(9));
    machine.debian.write('/etc/default/knockd', 'START_KNOCKD=0\n', 0o644);
    await machine.systemctl('start', 'knockd');
    assert.equal(await machine.show('ActiveState'), 'inactive');
    await using journal = machine.journal();
    await journal.saw(/not starting: START_KNOCKD is not 1/);
    machine.debian.write('/etc/default/knockd', 'START_KNOCKD=1\nKNOCKD_OPTS="-i eth0"\n', 0o644);
    await machine.systemctl('start', 'knockd');
    assert.match(await machine.systemctl('status', '--no-pager', 'knockd'), /Status: "listening on eth0/);
  });

  test('a mistake in the configuration is no reason to start again and again', async () => {
    await using machine = await Machine.withUnit('[ssh]\n  sequence = 7000\n  opne = tcp/22\n');
    await assert.rejects(machine.systemctl('start', 'knockd'));
    assert.equal(await machine.show('ActiveState'), 'failed');
    assert.equal(await machine.show('ExecMainStatus'), '78');
    assert.equal(await machine.show('NRestarts'), '0');
    await using journal = machine.journal();
    await journal.saw(/knockd\.conf.*3.*opne/);
    assert.equal(await machine.rules(), '');
  });

  for (const [how, ended, end] of [
    ['in good order', /the daemon was stopped/, (machine: Machine) => machine.debian.reboot()],
    ['by a power cut', /the machine rebooted/, (machine: Machine) => machine.debian.cutPower()],
  ] as const) {
    test(`enabled, a boot ${how} finds every port closed`, async () => {
      await using machine = await Machine.withUnit(door(600));
      const { wire, debian } = machine;
      await machine.systemctl('enable', '--now', 'knockd');
      await machine.knock();
      await until('it opens', async () => (await machine.rules()).includes(CLIENT));
      await end(machine);
      assert.equal(await machine.show('ActiveState'), 'active');
      await assertShut(wire.client, SERVER, 22, CLIENT);
      assert.match(await debian.run('bussa', 'leases'), /no door is open/);
      assert.match(await debian.run('bussa', 'history'), ended);
      await machine.knock();
      await assertOpen(wire.client, SERVER, 22, CLIENT);
    });
  }
});

const KILLER = `[killer]
  sequence = 7400:udp
  open = tcp/22
  open_for = 2
  close_kills = yes
`;

const COMMANDS = `[file]
  sequence = ${KNOCKS.join(',')}
  start_command = echo open %IP% >>/srv/log && touch /srv/%IP%
  stop_command = rm /srv/%IP%
  cmd_timeout = 1
`;

/** By what the kernel says of the process. */
async function assertWalled(machine: Machine): Promise<void> {
  const status = await machine.debian.run('cat', `/proc/${await machine.show('MainPID')}/status`);
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  // CAP_NET_ADMIN is 12, CAP_NET_RAW is 13.
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) assert.equal(BigInt(`0x${field(set)}`), 0x3000n, set);
  assert.equal(field('NoNewPrivs'), '1');
  assert.equal(field('Seccomp'), '2');
}

async function scrape(socketPath: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request({ socketPath, path: '/metrics' }, async (response) => {
    resolve((await response.setEncoding('utf8').toArray()).join(''));
  })
    .on('error', reject)
    .end();
  return promise;
}

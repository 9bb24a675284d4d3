// The Debian package where systemd runs: what `npm run package` has made, installed, upgraded, removed and purged with
// doors open. A part of npm run test:package.

import assert from 'node:assert/strict';
import { cpSync, existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { makeNextVersion, PACKAGE, version } from '../lab/packages.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { enablePage } from './enable-page.ts';
import { door, Machine, until } from './machine.ts';

const CONFIG = `${door(3600)}
[file]
  sequence = 7400:udp
  start_command = touch /srv/door
  stop_command = rm /srv/door
  cmd_timeout = 3600
`;

describe('the Debian package with systemd', () => {
  test('installed, it waits; bussa init starts and enables it', async () => {
    await using machine = await installed();
    const { debian, wire } = machine;
    assert.equal(await machine.show('ActiveState'), 'inactive');
    assert.equal(await machine.show('UnitFileState'), 'disabled');
    const words = ['bussa', 'init', '--port', '22', '--for', '60', '--host', SERVER];
    await using session = debian.start('script', '-qec', words.join(' '), '/dev/null');
    for (const question of [/Write \/etc\/knockd\.conf\? .*: /, /Start the service knockd now\?.*: /]) {
      await session.saw(question);
      session.write('\r');
    }
    await session.saw(/Press Enter here once you are logged in/);
    await assertShut(wire.client, SERVER, 22, STRANGER);
    await wire.client.run(C_KNOCK, ...(/^ {4}knock (.+?)\r?$/m.exec(session.output)?.[1]?.split(' ') ?? []));
    await assertOpen(wire.client, SERVER, 22, CLIENT);
    session.write('\r');
    assert.equal((await session.exited).code, 0, session.output);
    assert.equal(await machine.show('UnitFileState'), 'enabled');
    await debian.cutPower();
    assert.equal(await machine.show('ActiveState'), 'active');
    await assertShut(wire.client, SERVER, 22, CLIENT);
  });

  test('an upgrade, a removal, a reinstallation and a purge leave no door open', async () => {
    await using machine = await installed();
    const { debian } = machine;
    await configure(machine);
    await openBothDoors(machine);
    const old = await machine.show('MainPID');
    makeNextVersion(debian.file('/srv/next.deb'));
    await debian.run('dpkg', '-i', '/srv/next.deb');
    assert.ok((await debian.run('dpkg', '-s', 'bussa')).includes(`\nVersion: ${version}+next\n`));
    assert.notEqual(await machine.show('MainPID'), old);
    assert.equal(await machine.show('ActiveState'), 'active');
    assert.equal(await machine.show('UnitFileState'), 'enabled');
    await assertAllClosed(machine);
    assert.match(await debian.run('bussa', 'history'), /the daemon was stopped/);
    await openBothDoors(machine);

    await debian.run('dpkg', '--remove', 'bussa');
    assert.notEqual(await machine.show('ActiveState'), 'active');
    await assertAllClosed(machine);
    assert.equal(await machine.rules(), '');
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
    assert.ok(existsSync(debian.file('/var/lib/bussa')));

    await debian.run('dpkg', '-i', '/srv/bussa.deb');
    await machine.systemctl('start', 'knockd');
    await openBothDoors(machine);
    await debian.run('dpkg', '--purge', 'bussa');
    await assertAllClosed(machine);
    assert.equal(await machine.rules(), '');
    for (const name of ['/var/lib/bussa', '/var/cache/bussa', '/etc/knockd.conf', '/etc/default/knockd'])
      assert.ok(!existsSync(debian.file(name)), name);
    assert.equal(await machine.show('LoadState'), 'not-found');
    const links = await debian.run(
      'find',
      '/etc/systemd',
      '/var/lib/systemd',
      '-name',
      'knockd.service*',
      '!',
      '-type',
      'd',
    );
    assert.equal(links, '');
  });

  test("a fleet's carrier: installed, it is neither enabled nor started; upgraded, restarted; removed and purged, gone", async () => {
    await using machine = await installed();
    const { debian } = machine;
    await configure(machine);
    const state = async (property: string): Promise<string> =>
      (await machine.systemctl('show', '--value', '-p', property, 'bussa-fleet')).trim();
    assert.equal(await state('ActiveState'), 'inactive');
    assert.equal(await state('UnitFileState'), 'disabled');
    assert.match(await debian.run('getent', 'group', 'bussa-fleet'), /^bussa-fleet:/);
    const printed = await debian.run('bussa', 'fleet', 'init', 'gw1', '--engine', `valkeys://gw1@${CLIENT}`);
    await debian.run('sh', '-e', '-c', /as root:\n\n([\s\S]+)$/.exec(printed)?.[1] ?? assert.fail(printed));
    // There is no engine, which is its exit status.
    const status = (): Promise<string> => debian.run('sh', '-c', 'bussa fleet status || true');
    await until('it has reached the daemon', async () =>
      /PROBLEM: no connection to valkeys/.test(await status()),
    );

    const old = await state('MainPID');
    makeNextVersion(debian.file('/srv/next.deb'));
    await debian.run('dpkg', '-i', '/srv/next.deb');
    assert.notEqual(await state('MainPID'), old);
    assert.equal(await state('ActiveState'), 'active');
    await until('it has reached the new daemon', async () =>
      /PROBLEM: no connection to valkeys/.test(await status()),
    );

    await debian.run('dpkg', '--remove', 'bussa');
    assert.equal(await state('ActiveState'), 'inactive');
    await debian.run('dpkg', '--purge', 'bussa');
    assert.equal(await state('LoadState'), 'not-found');
    assert.equal(await debian.run('find', '/etc/systemd', '-name', 'bussa-fleet*'), '');
  });

  test('the page: installed, it is disabled; as docs/operate.md says it, it runs; removed and purged, nothing is left', async () => {
    await using machine = await installed();
    const { debian } = machine;
    await configure(machine);
    const state = async (property: string, unit: string): Promise<string> =>
      (await machine.systemctl('show', '--value', '-p', property, unit)).trim();
    for (const unit of ['bussa-web.socket', 'bussa-web.service'])
      assert.equal(await state('ActiveState', unit), 'inactive', unit);
    assert.equal(await state('UnitFileState', 'bussa-web.socket'), 'disabled');
    debian.write('/etc/knockd.conf', `[options]\n  Control_Group = knockops\n${CONFIG}`);
    await enablePage(debian, machine.wire.server);
    const old = await state('MainPID', 'bussa-web.service');
    makeNextVersion(debian.file('/srv/next.deb'));
    await debian.run('dpkg', '-i', '/srv/next.deb');
    assert.notEqual(await state('MainPID', 'bussa-web.service'), old);
    assert.equal(await state('ActiveState', 'bussa-web.socket'), 'active');

    await debian.run('dpkg', '--remove', 'bussa');
    for (const unit of ['bussa-web.socket', 'bussa-web.service'])
      assert.equal(await state('ActiveState', unit), 'inactive', unit);
    await debian.run('dpkg', '--purge', 'bussa');
    assert.equal(await state('LoadState', 'bussa-web.socket'), 'not-found');
    const places = ['/etc/systemd', '/var/lib/systemd', '/var/lib/private', '/var/lib', '-maxdepth', '4'];
    assert.equal(await debian.run('find', ...places, '-name', 'bussa-web*'), '');
  });

  test('a removal closes what a daemon that was killed, and not started again, has left open', async () => {
    await using machine = await installed();
    await configure(machine);
    await machine.edit('once', '[Service]\nRestart=no\n');
    await openBothDoors(machine);
    await machine.systemctl('kill', '-s', 'KILL', 'knockd');
    await until('it is dead', async () => (await machine.show('ActiveState')) === 'failed');
    assert.match(await machine.rules(), new RegExp(CLIENT));
    await machine.debian.run('dpkg', '--remove', 'bussa');
    await assertAllClosed(machine);
    assert.equal(await machine.rules(), '');
  });
});

async function installed(): Promise<Machine> {
  const machine = await Machine.create();
  cpSync(PACKAGE, machine.debian.file('/srv/bussa.deb'));
  await machine.debian.run('dpkg', '-i', '/srv/bussa.deb');
  return machine;
}

/** By hand, as README says it, and for doors with commands. */
async function configure(machine: Machine): Promise<void> {
  const { debian } = machine;
  debian.write('/etc/knockd.conf', CONFIG);
  await debian.run('sed', '-i', 's/^START_KNOCKD=.*/START_KNOCKD=1/', '/etc/default/knockd');
  const example = '/usr/share/doc/bussa/examples/knockd-commands.conf';
  await debian.run('install', '-D', '-m', '644', '-t', '/etc/systemd/system/knockd.service.d', example);
  await machine.systemctl('daemon-reload');
  await machine.systemctl('enable', '--now', 'knockd');
}

async function openBothDoors(machine: Machine): Promise<void> {
  await machine.knock();
  await until('the native door opens', async () => (await machine.rules()).includes(CLIENT));
  await machine.knock(['7400:udp']);
  await until('the start command runs', async () => existsSync(machine.debian.file('/srv/door')));
}

async function assertAllClosed(machine: Machine): Promise<void> {
  assert.ok(!(await machine.rules()).includes(CLIENT), await machine.rules());
  assert.ok(!existsSync(machine.debian.file('/srv/door')), 'the stop command has not run');
}

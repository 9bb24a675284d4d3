// The rpm with a real rpm database where systemd runs, its scripts included: installed, upgraded and removed with a door
// open. The system is Debian's, whose libraries have other names: no distribution that uses rpm has been tried. A part of
// npm run test:package.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EPOCH } from '../../scripts/package-common.ts';
import { packRpm } from '../../scripts/package-rpm.ts';
import { rpmFor } from '../lab/packages.ts';
import { repository } from '../lab/scratch-clone.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { TempDirectory } from '../lab/temp-directory.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { door, Machine, until } from './machine.ts';

const CONFIG = door(3600);
const NEXT = '99.0.0';

test('the rpm installs a service that waits, restarts it at an upgrade, and leaves no door open at its removal', async () => {
  await using machine = await Machine.create();
  const { debian, wire } = machine;
  const arm = process.arch === 'arm64';
  cpSync(rpmFor(arm ? 'aarch64' : 'x86_64'), debian.file('/srv/bussa.rpm'));
  using directory = new TempDirectory();
  const architecture = arm ? 'arm64' : 'amd64';
  const executable = path.join(repository, 'dist/bussa');
  const packing = { architecture, executable, to: directory.path, version: NEXT, epoch: EPOCH } as const;
  cpSync(packRpm(packing, path.join(directory.path, 'work')), debian.file('/srv/next.rpm'));
  const rpm = (...words: readonly string[]): Promise<string> => debian.run('rpm', '--force-debian', ...words);
  const isOpen = async (): Promise<boolean> => (await machine.rules()).includes(CLIENT);

  await rpm('--install', '--nodeps', '/srv/bussa.rpm');
  assert.equal(await rpm('--verify', '--nodeps', 'bussa'), '');
  assert.equal(await machine.show('ActiveState'), 'inactive');
  assert.equal(await machine.show('UnitFileState'), 'disabled');
  assert.match(await debian.run('getent', 'group', 'bussa-fleet'), /^bussa-fleet:/);

  debian.write('/etc/knockd.conf', CONFIG, 0o600);
  debian.write('/etc/default/knockd', 'START_KNOCKD=1\n', 0o644);
  await machine.systemctl('enable', '--now', 'knockd');
  await assertShut(wire.client, SERVER, 22, CLIENT);
  await machine.knock();
  await until('the door opens', isOpen);
  await assertOpen(wire.client, SERVER, 22, CLIENT);

  const old = await machine.show('MainPID');
  await rpm('--upgrade', '--nodeps', '/srv/next.rpm');
  assert.match(await rpm('--query', 'bussa'), new RegExp(`^bussa-${NEXT}-1\\.`));
  assert.equal(await machine.show('ActiveState'), 'active');
  assert.equal(await machine.show('UnitFileState'), 'enabled');
  assert.notEqual(await machine.show('MainPID'), old);
  assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
  assert.ok(!(await isOpen()), await machine.rules());
  await machine.knock();
  await until('the door opens again', isOpen);

  await rpm('--erase', '--nodeps', 'bussa');
  assert.notEqual(await machine.show('ActiveState'), 'active');
  assert.equal(await machine.rules(), '');
  assert.equal(debian.read('/etc/knockd.conf.rpmsave'), CONFIG);
  await assert.rejects(debian.run('ls', '/etc/systemd/system/multi-user.target.wants/knockd.service'));
  await assert.rejects(debian.run('bussa', '--version'));
});

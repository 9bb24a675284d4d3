// Debian's knockd under systemd, as it is installed and enabled, and Bussa in its place: by the package, and by the tarball.
// A part of npm run test:package.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { PACKAGE, TARBALL } from '../lab/packages.ts';
import { SERVER } from '../lab/wire.ts';
import { Machine, until } from './machine.ts';

/** Doors with commands, as knockd's are, one of which is still open when it is replaced; everybody may read it. */
const CONFIG = `[options]
	UseSyslog

[file]
	sequence = 7400:udp
	start_command = touch /srv/door
	stop_command = rm /srv/door
	cmd_timeout = 3

[later]
	sequence = 7500:udp
	start_command = touch /srv/later
	stop_command = rm /srv/later
	cmd_timeout = 8
`;

/** knockd, and what it depends on. */
const DEBS = ['knockd', 'logrotate', 'libpopt0', 'lsb-base'];

const INSTALLS = [
  {
    name: 'the package',
    install: (machine: Machine) =>
      machine.debian.run('sh', '-c', 'apt-get -qq -y install /srv/bussa.deb <&-'),
    program: '/usr/bin/bussa',
  },
  {
    name: 'the package, by dpkg alone',
    install: (machine: Machine) => machine.debian.run('sh', '-c', 'dpkg -i /srv/bussa.deb </dev/null'),
    program: '/usr/bin/bussa',
  },
  {
    name: 'the tarball',
    install: (machine: Machine) =>
      machine.debian.run('sh', '-c', 'tar -xzf /srv/bussa.tar.gz -C /srv && /srv/bussa-*/install.sh <&-'),
    program: '/usr/local/bin/bussa',
  },
] as const;

describe('in the place of a knockd that works, under systemd', () => {
  let debs: string;

  before(() => {
    debs = mkdtempSync('/var/tmp/bussa-knockd-');
    execFileSync('apt-get', ['-qq', 'download', ...DEBS], { cwd: debs, stdio: 'ignore' });
  });
  after(() => rmSync(debs, { recursive: true, force: true }));

  /** Debian's file of defaults stays as it is shipped: START_KNOCKD=0. */
  async function withKnockd(): Promise<Machine> {
    const machine = await Machine.create();
    const { debian } = machine;
    cpSync(PACKAGE, debian.file('/srv/bussa.deb'));
    cpSync(TARBALL, debian.file('/srv/bussa.tar.gz'));
    for (const deb of globSync('*.deb', { cwd: debs }))
      cpSync(path.join(debs, deb), debian.file(`/srv/knockd/${deb}`));
    await debian.run('sh', '-c', 'dpkg -i /srv/knockd/*.deb </dev/null');
    debian.write('/etc/knockd.conf', CONFIG, 0o644);
    assert.match(debian.read('/etc/default/knockd'), /^START_KNOCKD=0$/m);
    return machine;
  }

  const programOf = async ({ debian }: Machine, pid: string): Promise<string> =>
    readlinkSync(debian.file(`/proc/${pid}/exe`));

  const knock = (machine: Machine, port: string): Promise<string> =>
    machine.wire.client.run(C_KNOCK, '-u', SERVER, port);

  const isOpen = ({ debian }: Machine, file: string): boolean => existsSync(debian.file(`/srv/${file}`));

  for (const { name, install, program } of INSTALLS) {
    for (const enabled of [true, false]) {
      test(`${name}: ${enabled ? 'enabled and running' : 'running alone'}, it goes on as Bussa`, async () => {
        await using machine = await withKnockd();
        await machine.systemctl(...(enabled ? ['enable', '--now'] : ['start']), 'knockd');
        const old = await machine.show('MainPID');
        await until('the old one hears', async () => {
          await knock(machine, '7500');
          return isOpen(machine, 'later');
        });
        const said = await install(machine);
        assert.equal(said.match(/^bussa: .*$/gm)?.length, 1, said);
        assert.match(said, /^bussa: knockd goes on as Bussa: its service was .*running/m);
        assert.equal(await machine.show('ActiveState'), 'active');
        const pid = await machine.show('MainPID');
        assert.notEqual(pid, old);
        assert.equal(await programOf(machine, pid), program);
        assert.equal(machine.debian.read('/etc/knockd.conf'), CONFIG);
        await until('the old one’s door closes', async () => !isOpen(machine, 'later'));
        await knock(machine, '7400');
        const journal = (): Promise<string> => machine.debian.run('journalctl', '-u', 'knockd', '-o', 'cat');
        await until('the door opens, and closes', async () =>
          /: file: OPEN SESAME[\s\S]*file: running command: rm/.test(await journal()),
        );
        await until('the stop command has run', async () => !isOpen(machine, 'door'));

        await machine.debian.reboot();
        assert.equal(await machine.show('ActiveState'), enabled ? 'active' : 'inactive');
        if (!enabled || program !== '/usr/bin/bussa') return;
        await machine.debian.run('dpkg', '--purge', 'knockd');
        assert.equal(machine.debian.read('/etc/knockd.conf'), CONFIG);
        assert.match(machine.debian.read('/etc/default/knockd'), /^START_KNOCKD=1$/m);
        await machine.debian.reboot();
        assert.equal(await machine.show('ActiveState'), 'active');
        assert.equal(await programOf(machine, await machine.show('MainPID')), program);
      });
    }

    test(`${name}: one that is neither enabled nor running stays so`, async () => {
      await using machine = await withKnockd();
      const said = await install(machine);
      assert.doesNotMatch(said, /goes on/);
      assert.equal(await machine.show('ActiveState'), 'inactive');
      assert.match(machine.debian.read('/etc/default/knockd'), /^START_KNOCKD=0$/m);
    });

    test(`${name}: with a mistake that knockd overlooks the old one runs on, and why is said`, async () => {
      await using machine = await withKnockd();
      machine.debian.write('/etc/knockd.conf', `${CONFIG}\tseq_timeout = soon\n`, 0o644);
      await machine.systemctl('enable', '--now', 'knockd');
      const old = await machine.show('MainPID');
      const said = await install(machine);
      assert.match(
        said,
        /^bussa: knockd is not replaced yet, for its configuration has a mistake: .*soon.*runs on until then/m,
      );
      assert.match(await programOf(machine, old), /\/knockd/);
    });

    test(`${name}: a masked service stays masked, and is told of`, async () => {
      await using machine = await withKnockd();
      await machine.systemctl('mask', 'knockd');
      const said = await install(machine);
      if (program !== '/usr/bin/bussa') assert.match(said, /masked/);
      assert.equal(readlinkSync(machine.debian.file('/etc/systemd/system/knockd.service')), '/dev/null');
      assert.equal(await machine.show('LoadState'), 'masked');
    });
  }
});

// scripts/setup.sh test on a bare Debian whose administrator has a configuration, and where an installation has ended in the
// middle: nothing is asked, nothing is started, and what is the administrator's stays. A part of npm run test:package.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { repository } from '../lab/scratch-clone.ts';
import { DebianChroot } from './chroot.ts';

const exec = promisify(execFile);
const CLONE = '/opt/bussa';
const CONFIG = '[ssh]\n\tsequence = 7311,18422,9533\n\ttcpflags = syn\n\topen = tcp/22\n';

test('setup.sh asks nothing, starts nothing, and mends what has ended in the middle', async () => {
  await using debian = await DebianChroot.create(path.join(repository, '.cache/debian'));
  await debian.boot();
  await keepInitByHand(debian);
  debian.write('/etc/knockd.conf', CONFIG, 0o600);
  debian.write('/etc/default/knockd', 'START_KNOCKD=1\n');
  // As an earlier setup.sh did it: dpkg asks, and nobody is there to answer.
  await assert.rejects(
    debian.run('sh', '-c', 'apt-get -qq -y install --no-install-recommends knockd <&-'),
    'the question finds nobody',
  );
  assert.match(await debian.run('dpkg', '-l', 'knockd'), /^i[FU]/m);

  await using _clone = await mountClone(debian);
  // What apt has started for the one before, cron for one.
  const before = programsIn(debian.path);
  await debian.run('sh', '-c', `${CLONE}/scripts/setup.sh test <&-`);
  assert.equal(await debian.run('dpkg', '--audit'), '');
  assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
  assert.equal(debian.read('/etc/default/knockd'), 'START_KNOCKD=1\n');
  assert.equal(debian.exists('/usr/sbin/policy-rc.d'), false);
  assert.match(await debian.run('sh', '-c', 'command -v fail2ban-client'), /fail2ban/);
  assert.deepEqual(programsIn(debian.path), before);
  assert.equal(await debian.run('sh', '-c', `${CLONE}/scripts/setup.sh test <&-`), '');
});

test('setup.sh takes no package away: Bussa’s own stays, and the original is unpacked beside it', async () => {
  await using debian = await DebianChroot.create(path.join(repository, '.cache/debian'));
  await debian.run('apt-get', '-qq', 'update');
  await using _clone = await mountClone(debian);
  // As its package has it.
  debian.write('/usr/bin/bussa', '#!/bin/sh\n', 0o755);
  await debian.run('ln', '-s', '../bin/bussa', '/usr/sbin/knockd');
  await debian.run('sh', '-c', `${CLONE}/scripts/setup.sh test <&-`);
  assert.equal(readlinkSync(debian.file('/usr/sbin/knockd')), '../bin/bussa');
  assert.match(await debian.run('dpkg', '-l', 'fail2ban'), /^ii/m);
  await assert.rejects(debian.run('dpkg-query', '-W', 'knockd'));
  assert.match(await debian.run(`${CLONE}/.cache/knockd/usr/sbin/knockd`, '-V'), /^knockd 0\.8/);
});

/**
 * The same init system, of no package: what chromium and firewalld depend on brings systemd's, and apt would have to remove
 * the package, which setup.sh forbids.
 */
async function keepInitByHand(debian: DebianChroot): Promise<void> {
  const script = `cd /sbin; for name in init runlevel; do cp -L $name $name.kept; done
dpkg --purge --force-remove-protected --force-depends sysvinit-core
for name in init runlevel; do mv $name.kept $name; done`;
  await debian.run('sh', '-ec', script);
}

/** The clone with its packages, read-only but for `.cache`. */
async function mountClone(debian: DebianChroot): Promise<AsyncDisposable> {
  const inside = debian.file(CLONE);
  mkdirSync(inside, { recursive: true });
  await exec('mount', ['--bind', '-o', 'ro', repository, inside]);
  await exec('mount', ['-t', 'tmpfs', 'tmpfs', path.join(inside, '.cache')]);
  return {
    // Before what is below the directory is removed.
    [Symbol.asyncDispose]: async () => {
      await exec('umount', ['--recursive', inside]);
    },
  };
}

function programsIn(root: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/root`) === root ? [readlinkSync(`/proc/${pid}/exe`)] : [];
    } catch {
      return [];
    }
  });
}

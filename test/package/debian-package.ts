// npm run test:package: the Debian package on a bare Debian 12 without Node.js: lintian, in the place of Debian's knockd,
// a knock and an open door, upgrade, removal, purge. Takes minutes, root and a mirror of Debian: no part of npm test.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeNextVersion, PACKAGE, TARBALL, version } from '../lab/packages.ts';
import { CLIENT, SERVER, Wire } from '../lab/wire.ts';
import { DebianChroot } from './chroot.ts';

const root = path.join(import.meta.dirname, '../..');
const PATIENCE_MS = 60_000;

const CONFIG = `[options]
  LogFile = /var/log/knockd.log
  firewall = nftables

[ssh]
  sequence = 7311,18422,9533
  tcpflags = syn
  open = tcp/22
  open_for = 1h

[file]
  sequence = 9533:udp,18422:udp,7311:udp
  start_command = touch /var/tmp/door
  stop_command = rm /var/tmp/door
  cmd_timeout = 3600
`;
const NATIVE = ['7311', '18422', '9533'];
const COMMAND = ['-u', '9533', '18422', '7311'];

suite('Debian package', () => {
  let debian: DebianChroot;
  let wire: Wire;

  before(async () => {
    debian = await DebianChroot.create(path.join(root, '.cache/debian'));
    await debian.boot();
    wire = await Wire.create();
    cpSync(PACKAGE, debian.file('/bussa.deb'));
    makeNextVersion(debian.file('/next.deb'));
  });

  after(async () => {
    await wire?.[Symbol.asyncDispose]();
    await debian?.[Symbol.asyncDispose]();
  });

  /** Inside, on the server's end of the wire. */
  const onServer = (...words: readonly string[]): Promise<string> => debian.runIn(wire.server, ...words);
  const pid = (): number => Number(debian.read('/run/knockd.pid'));
  const rules = (): Promise<string> => onServer('nft', 'list', 'ruleset');
  /** As an administrator does, who is not there to answer. */
  const install = async (file: string): Promise<string> => {
    const words = ['-qq', '-y', '--no-install-recommends', 'install'];
    await debian.run('apt-get', '--download-only', ...words, file);
    return onServer('sh', '-c', `apt-get ${words.join(' ')} ${file} <&-`);
  };

  async function knock(...words: readonly string[]): Promise<void> {
    const options = words.filter((word) => word.startsWith('-'));
    const ports = words.filter((word) => !word.startsWith('-'));
    await debian.runIn(wire.client, 'knock', '-d', '20', ...options, SERVER, ...ports);
  }

  async function openBothDoors(): Promise<void> {
    await knock(...NATIVE);
    await until('the native door opens', async () => (await rules()).includes(CLIENT));
    await knock(...COMMAND);
    await until('the start command runs', async () => debian.exists('/var/tmp/door'));
  }

  async function assertAllClosed(): Promise<void> {
    assert.ok(!(await rules()).includes(CLIENT), await rules());
    assert.ok(!debian.exists('/var/tmp/door'), 'the stop command has not run');
  }

  test('lintian finds no error', () => {
    execFileSync('lintian', ['--fail-on', 'error', '--allow-root', PACKAGE], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  });

  test("in the place of Debian's knockd, whose configuration stays", async () => {
    await debian.run('apt-get', '-qq', 'install', '-y', '--no-install-recommends', 'knockd', 'nftables');
    debian.write('/etc/knockd.conf', CONFIG);
    debian.write('/etc/default/knockd', 'START_KNOCKD=1\n');
    await install('/bussa.deb');
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
    assert.equal(debian.read('/etc/default/knockd'), 'START_KNOCKD=1\n');
    assert.equal(statSync(debian.file('/etc/knockd.conf')).mode & 0o007, 0);
    await onServer('apt-get', '-qq', 'purge', '-y', 'knockd');
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG, 'purging the old one takes nothing of the new one');
    assert.match(await debian.run('knockd', '--version'), /^knockd \S+ \(Bussa\)/);
    await onServer('apt-get', '-qq', 'purge', '-y', 'bussa');
    assert.ok(!debian.exists('/etc/knockd.conf'));
  });

  test('on a machine without Node.js, not enabled, with no door', async () => {
    await install('/bussa.deb');
    await assert.rejects(debian.run('node', '--version'));
    assert.equal(await debian.run('knock', '--version'), `knock ${version}\n`);
    assert.equal(await debian.run('bussa', '--version'), `bussa ${version}\n`);
    assert.match(debian.read('/etc/default/knockd'), /^START_KNOCKD=0$/m);
    await assert.rejects(debian.run('sh', '-c', 'ls /etc/systemd/system/*/knockd.service'));
    const { mode } = statSync(debian.file('/etc/knockd.conf'));
    assert.equal(mode & 0o777, 0o640);
    assert.match(await onServer('/etc/init.d/knockd', 'start'), /disabled: not starting/);
    await assert.rejects(debian.run('knockd', '--check'), { code: 78 });
  });

  test('runs, and opens to a knock', async () => {
    debian.write('/etc/knockd.conf', CONFIG, 0o640);
    debian.write('/etc/default/knockd', 'START_KNOCKD=1\n');
    await onServer('/etc/init.d/knockd', 'start');
    await openBothDoors();
  });

  test('an upgrade leaves no door open, keeps the state, and runs the new one', async () => {
    const old = pid();
    await onServer('sh', '-c', 'dpkg -i /next.deb <&-');
    await until(
      'the new one runs',
      async () => pid() !== old && (await onServer('/etc/init.d/knockd', 'status')) !== '',
    );
    await assertAllClosed();
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
    assert.ok(debian.exists('/var/lib/bussa'));
    await openBothDoors();
  });

  test('a removal closes what is open, and keeps configuration and state', async () => {
    const last = pid();
    await onServer('dpkg', '--remove', 'bussa');
    await until('the daemon has ended', async () => !isAlive(last));
    await assertAllClosed();
    assert.ok(!(await rules()).includes('bussa'), await rules());
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
    assert.ok(debian.exists('/var/lib/bussa'));
  });

  test('a removal closes what a daemon that was killed has left open', async () => {
    await onServer('sh', '-c', 'dpkg -i /bussa.deb <&-');
    await onServer('/etc/init.d/knockd', 'start');
    await openBothDoors();
    process.kill(pid(), 'SIGKILL');
    await onServer('dpkg', '--remove', 'bussa');
    await assertAllClosed();
    assert.ok(!(await rules()).includes('bussa'), await rules());
  });

  test('a purge leaves nothing', async () => {
    await onServer('dpkg', '--purge', 'bussa');
    for (const name of [
      '/etc/knockd.conf',
      '/etc/default/knockd',
      '/etc/init.d/knockd',
      '/var/lib/bussa',
      '/var/log/knockd.log',
    ]) {
      assert.ok(!debian.exists(name), name);
    }
    assert.equal(
      await debian.run('sh', '-c', 'find / -xdev -name "*bussa*" -not -path "/*.deb" -not -path "/proc/*"'),
      '',
    );
  });

  test('the tarball installs the same by itself', async () => {
    cpSync(TARBALL, debian.file('/bussa.tar.gz'));
    await debian.run(
      'apt-get',
      '-qq',
      'install',
      '-y',
      '--no-install-recommends',
      'libatomic1',
      'libpcap0.8',
      'libnftables1',
    );
    debian.write('/etc/knockd.conf', CONFIG, 0o600);
    await debian.run('tar', '-xzf', '/bussa.tar.gz', '-C', '/var/tmp');
    const said = await debian.run('sh', '-c', '/var/tmp/bussa-*/install.sh');
    assert.match(said, /^Kept: \/etc\/knockd\.conf$/m);
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
    assert.equal(await debian.run('/usr/local/bin/knock', '--version'), `knock ${version}\n`);
    assert.match(await debian.run('/usr/local/sbin/knockd', '--check'), /good/);
    assert.match(
      debian.read('/etc/systemd/system/knockd.service'),
      /^ExecStart=\/usr\/local\/sbin\/knockd /m,
    );
  });
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; !(await holds()); await delay(50)) {
    assert.ok(performance.now() < deadline, `waited for: ${what}`);
  }
}

/** What has ended and waits to be noticed by its parent has no program any more. */
function isAlive(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== '';
  } catch {
    return false;
  }
}

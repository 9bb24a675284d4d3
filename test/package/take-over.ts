// The Debian package where something is there already: a knockd that runs, files of the administrator's, links. apt-get -y,
// with nobody to answer. A part of npm run test:package.

import assert from 'node:assert/strict';
import { cpSync, lstatSync, readFileSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { makeNextVersion, PACKAGE } from '../lab/packages.ts';
import { repository } from '../lab/scratch-clone.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { DebianChroot } from './chroot.ts';

const PATIENCE_MS = 60_000;
const FILES = ['/etc/knockd.conf', '/etc/default/knockd', '/etc/init.d/knockd', '/etc/logrotate.d/knockd'];

const CONFIG = `[options]
	LogFile = /var/log/knockd.log

[file]
	sequence = 7400:udp
	start_command = touch /var/tmp/door
	stop_command = rm /var/tmp/door
	cmd_timeout = 2
`;

/** What apt may bring along: libraries, and with its recommendations the tools of firewalls. */
const CLOSURE =
  /^(bussa|iptables|nftables|ipset|lib(atomic1|gcc-s1|ip4tc2|ip6tc2|ipset13|mnl0|netfilter-conntrack3|nfnetlink0|nftables1|nftnl11|jansson4|pcap0\.8|dbus-1-3|xtables12|gmp10|edit2|bsd0|md0|expat1|apparmor1)|dbus(-bin|-daemon|-session-bus-common|-system-bus-common)?|netbase|init-system-helpers|lsb-base)$/;

describe('the Debian package beside what is there', () => {
  let debian: DebianChroot;
  let wire: Wire;

  beforeEach(async () => {
    debian = await DebianChroot.create(path.join(repository, '.cache/debian'));
    await debian.boot();
    wire = await Wire.create();
    cpSync(PACKAGE, debian.file('/bussa.deb'));
  });
  afterEach(async () => {
    await wire[Symbol.asyncDispose]();
    await debian[Symbol.asyncDispose]();
  });

  const onServer = (...words: readonly string[]): Promise<string> => debian.runIn(wire.server, ...words);
  /** Besides the wire there is no mirror: what is missing is fetched before. */
  const install = async (file: string): Promise<string> => {
    await debian.run('apt-get', '-qq', '-y', '--download-only', 'install', file);
    return onServer('sh', '-c', `apt-get -qq -y install ${file} <&-`);
  };
  const program = (): string => readlinkSync(`/proc/${debian.read('/run/knockd.pid').trim()}/exe`);

  async function until(what: string, holds: () => boolean): Promise<void> {
    for (const deadline = performance.now() + PATIENCE_MS; !holds(); await delay(50))
      assert.ok(performance.now() < deadline, `waited for: ${what}`);
  }

  test('a knockd that runs goes on as Bussa, and survives the purge of the old package', async () => {
    await debian.run('apt-get', '-qq', 'install', '-y', '--no-install-recommends', 'knockd');
    debian.write('/etc/knockd.conf', CONFIG);
    debian.write('/etc/default/knockd', 'START_KNOCKD=1\nKNOCKD_OPTS="-i eth0"\n');
    await onServer('/etc/init.d/knockd', 'start');
    await until('the old one runs', () => debian.exists('/run/knockd.pid'));
    const said = await install('/bussa.deb');
    assert.match(said, /^bussa: knockd goes on as Bussa: it was enabled and running/m);
    await until(
      'the new one runs',
      () => debian.exists('/run/knockd.pid') && program().endsWith('/usr/bin/bussa'),
    );
    await debian.runIn(wire.client, 'knock', '-u', SERVER, '7400');
    await until('the door opens', () => debian.exists('/var/tmp/door'));
    await until('the door closes', () => !debian.exists('/var/tmp/door'));
    await onServer('sh', '-c', 'apt-get -qq -y purge knockd <&-');
    assert.equal(debian.read('/etc/knockd.conf'), CONFIG);
    for (const file of FILES) assert.ok(debian.exists(file), file);
    assert.ok(program().endsWith('/usr/bin/bussa'));
    await onServer('sh', '-c', 'apt-get -qq -y purge bussa <&-');
    for (const file of FILES) assert.ok(!debian.exists(file), file);
    assert.equal(await debian.run('dpkg-divert', '--list', 'bussa'), '');
    assert.equal(await debian.run('dpkg', '--audit'), '');
  });

  test('files that the administrator wrote are asked about neither at the installation nor at an upgrade', async () => {
    for (const file of FILES) debian.write(file, `# mine: ${file}\n`, 0o640);
    const mine = (): void => {
      for (const file of FILES) assert.equal(debian.read(file), `# mine: ${file}\n`);
    };
    await install('/bussa.deb');
    mine();
    makeNextVersion(debian.file('/next.deb'));
    await install('/next.deb');
    mine();
    assert.match(await debian.run('dpkg', '-s', 'bussa'), /^Version: .*\+next$/m);
    assert.equal(await debian.run('dpkg', '--audit'), '');
  });

  test('it brings libraries and the tools of firewalls, and nothing else', async () => {
    const plan = await debian.run('apt-get', '-s', 'install', '/bussa.deb');
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
    assert.ok(names.includes('bussa'));
    assert.deepEqual(
      names.filter((name) => !CLOSURE.test(name)),
      [],
    );
  });

  for (const kind of ['null', 'file', 'dangling', 'directory'] as const) {
    test(`links to ${kind}, at every file: none is followed`, async () => {
      const target = { null: '/dev/null', file: '/srv/victim', dangling: '/srv/none', directory: '/srv' }[
        kind
      ];
      await debian.run('sh', '-c', 'rm -f /dev/null && mknod -m 666 /dev/null c 1 3');
      debian.write('/srv/victim', 'victim\n', 0o755);
      const links = [...FILES, '/etc/systemd/system/knockd.service'];
      for (const file of links) {
        await debian.run('mkdir', '-p', path.dirname(file));
        symlinkSync(target, debian.file(file));
      }
      const same = (): void => {
        for (const file of links) assert.equal(readlinkSync(debian.file(file)), target, file);
        const { mode } = lstatSync(debian.file('/srv/victim'));
        assert.equal(mode & 0o7777, 0o755);
        assert.equal(readFileSync(debian.file('/srv/victim'), 'utf8'), 'victim\n');
        assert.ok(!debian.exists('/srv/none'));
        const device = lstatSync(debian.file('/dev/null'));
        assert.ok(device.isCharacterDevice());
        assert.equal(device.mode & 0o777, 0o666);
      };
      await install('/bussa.deb');
      same();
      makeNextVersion(debian.file('/next.deb'));
      await install('/next.deb');
      same();
      await onServer('sh', '-c', 'apt-get -qq -y purge bussa <&-');
      same();
      for (const file of links) unlinkSync(debian.file(file));
    });
  }
});

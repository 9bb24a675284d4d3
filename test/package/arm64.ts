// The Debian package for arm64, made on another architecture and run by QEMU below the libraries of Debian 12 for arm64: the
// parts that need no kernel of that architecture. A part of npm run test:package.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { packageFor, version } from '../lab/packages.ts';
import { repository } from '../lab/scratch-clone.ts';
import { ForeignRoot } from './foreign-root.ts';

const exec = promisify(execFile);
const CONFIG = `[ssh]
  sequence = 7000,8000,9000
  tcpflags = syn
  open = tcp/22
  open_for = 60s
`;

suite('the package for arm64, under QEMU', { skip: process.arch === 'arm64' }, () => {
  let arm: ForeignRoot;

  before(async () => {
    arm = await ForeignRoot.create(path.join(repository, '.cache/debian'));
    await arm.unpack(packageFor('arm64'));
    writeFileSync(arm.file('/door.conf'), CONFIG, { mode: 0o600 });
    writeFileSync(arm.file('/bad.conf'), CONFIG.replace('7000', 'seven'), { mode: 0o600 });
    copyFileSync(path.join(repository, 'test/fuzz/corpus/captures/knocks.pcap'), arm.file('/knocks.pcap'));
  });

  after(() => arm?.[Symbol.dispose]());

  test('is of arm64, with the version of this clone', async () => {
    const { stdout } = await exec('dpkg-deb', ['--field', packageFor('arm64'), 'Architecture']);
    assert.equal(stdout, 'arm64\n');
    assert.equal(await arm.run('bussa', '--version'), `bussa ${version}\n`);
  });

  test('help of each program', async () => {
    for (const name of ['knockd', 'knock', 'bussa'])
      assert.match(await arm.run(name, '--help'), new RegExp(`^usage: ${name}`));
  });

  test('check takes a good configuration and refuses a bad one', async () => {
    await arm.run('bussa', 'check', '-c', '/door.conf');
    await assert.rejects(arm.run('bussa', 'check', '-c', '/bad.conf'), { code: 78 });
  });

  test('--read reads captured packets, with its own libpcap', async () => {
    assert.match(await arm.run('knockd', '--read', '/knocks.pcap', '-c', '/door.conf'), /OPEN SESAME/);
  });

  test('simulate says what a knock would open', async () => {
    assert.match(
      await arm.run('bussa', 'simulate', '-c', '/door.conf', '--knock', '7000 8000 9000'),
      /tcp\/22/,
    );
  });

  test('knock sends its packets', async () => {
    await using socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const arrived = once(socket, 'message');
    await arm.run('knock', '-u', '127.0.0.1', String(socket.address().port));
    await arrived;
  });
});

// The rpms: what they hold, and what is left after an installation below a directory and a removal. The kernel and the shell
// here are Debian's; no distribution that uses rpm has been tried. A part of npm run test:package.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { rpmFor, version } from '../lab/packages.ts';

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C' } });
const rpm = (...args: readonly string[]): string => run('rpm', ...args);

suite('rpm', () => {
  for (const architecture of ['x86_64', 'aarch64'] as const) {
    const file = rpmFor(architecture);

    test(`${architecture}: name, version, architecture and sums`, () => {
      const format = '%{NAME} %{VERSION} %{ARCH}';
      assert.equal(rpm('-qp', '--queryformat', format, file), `bussa ${version} ${architecture}`);
      assert.match(rpm('--checksig', file), /digests OK/);
    });

    test(`${architecture}: installed, verified and removed below a directory`, () => {
      const root = mkdtempSync('/var/tmp/bussa-rpm-');
      try {
        const below = ['--root', root, '--nodeps', '--noscripts', '--ignorearch', '--ignoreos'];
        rpm('--install', ...below, file);
        assert.equal(rpm('--verify', '--nodeps', '--noscripts', '--root', root, 'bussa'), '');
        assert.equal(statSync(path.join(root, 'etc/knockd.conf')).mode & 0o777, 0o600);
        assert.match(
          readFileSync(path.join(root, 'usr/lib/systemd/system/knockd.service'), 'utf8'),
          /^ExecStart=\/usr\/sbin\/knockd /m,
        );
        if (architecture === 'x86_64' && process.arch === 'x64')
          assert.equal(run(path.join(root, 'usr/bin/knock'), '-V'), `knock ${version}\n`);
        rpm('--erase', '--root', root, '--nodeps', '--noscripts', 'bussa');
        assert.ok(!existsSync(path.join(root, 'usr/bin/bussa')));
        assert.ok(!existsSync(path.join(root, 'usr/share/bussa')));
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });
  }
});

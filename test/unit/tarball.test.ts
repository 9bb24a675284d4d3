// install.sh of the tarball: what it puts somewhere it takes away again, and the owner's files stay.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Scratch } from '../contract/child-module.ts';
import { repository } from './scratch-clone.ts';

const FILES = ['man/man8/bussa.8.gz', 'doc/bussa/examples/ipv6.conf', 'bash-completion/completions/bussa'];

/** With a copy of /etc in the place of the machine's own, and no systemd. */
const APART = `set -e
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
mount -t tmpfs none /run
sh "$1/source/install.sh" --prefix "$1/prefix"
find "$1/prefix" ! -type d | sort >"$1/installed"
test -f /etc/systemd/system/knockd.service
echo mine >/etc/knockd.conf
sh "$1/source/install.sh" --prefix="$1/prefix" --uninstall
test "$(cat /etc/knockd.conf)" = mine
test ! -e /etc/systemd/system/knockd.service`;

test('install.sh, and --uninstall', () => {
  using scratch = new Scratch();
  const at = (name: string): string => scratch.file(name);
  for (const file of ['bin/bussa', ...FILES.map((name) => `share/${name}`)]) {
    mkdirSync(path.dirname(at(`source/${file}`)), { recursive: true });
    writeFileSync(at(`source/${file}`), '#!/bin/sh\necho bussa\n');
  }
  chmodSync(at('source/bin/bussa'), 0o755);
  for (const [from, to] of [
    ['tarball/install.sh', 'install.sh'],
    ['debian/knockd.conf', 'etc/knockd.conf'],
    ['default-knockd', 'etc/default-knockd'],
    ['knockd.service', 'etc/knockd.service'],
    ['knockd.logrotate', 'etc/knockd.logrotate'],
  ] as const)
    cpSync(path.join(repository, 'packaging', from), at(`source/${to}`));
  const directory = path.dirname(at('source'));
  execFileSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', APART, 'sh', directory]);
  const installed = readFileSync(at('installed'), 'utf8');
  for (const name of ['bin/bussa', 'bin/knock', 'sbin/knockd', ...FILES.map((file) => `share/${file}`)])
    assert.ok(installed.includes(`/prefix/${name}\n`), name);
  const left = readdirSync(at('prefix'), { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    [],
  );
});

// install.sh of the tarball: what it puts somewhere it removes again, and the owner's files stay.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Scratch } from '../lab/child-module.ts';
import { makeTarballSource, SHARED } from './tarball-source.ts';

/** With a copy of /etc in the place of the machine's own, and no systemd. */
const APART = `set -e
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
sed -i '/^bussa-fleet:/d; /^knockops:/d' /etc/group /etc/gshadow
mount -t tmpfs none /run
sh "$1/source/install.sh" --prefix "$1/prefix"
find "$1/prefix" ! -type d | sort >"$1/installed"
test -f /etc/systemd/system/knockd.service
grep -q "^ExecStart=$1/prefix/bin/bussa fleet " /etc/systemd/system/bussa-fleet.service
grep -q "^ExecStart=$1/prefix/bin/bussa web " /etc/systemd/system/bussa-web.service
cmp "$1/source/etc/bussa-web.socket" /etc/systemd/system/bussa-web.socket
test -z "$(find /etc/systemd/system -name 'bussa-*' -type l)"
getent group bussa-fleet knockops >"$1/groups"
test "$(wc -l <"$1/groups")" -eq 2
sh "$1/source/install.sh" --prefix "$1/prefix" >"$1/again"
! grep bussa- "$1/again"
echo mine >/etc/knockd.conf
sh "$1/source/install.sh" --prefix="$1/prefix" --uninstall
test "$(cat /etc/knockd.conf)" = mine
test ! -e /etc/systemd/system/knockd.service
test -z "$(find /etc/systemd/system -name 'bussa-*')"
echo 'Description=mine' >/etc/systemd/system/bussa-web.socket
sh "$1/source/install.sh" --prefix "$1/prefix"
sh "$1/source/install.sh" --prefix "$1/prefix" --uninstall
test "$(cat /etc/systemd/system/bussa-web.socket)" = 'Description=mine'`;

test('install.sh, and --uninstall', () => {
  using scratch = new Scratch();
  const at = (name: string): string => scratch.file(name);
  makeTarballSource(scratch);
  const directory = path.dirname(at('source'));
  execFileSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', APART, 'sh', directory]);
  const installed = readFileSync(at('installed'), 'utf8');
  for (const name of ['bin/bussa', 'bin/knock', 'sbin/knockd', ...SHARED.map((file) => `share/${file}`)])
    assert.ok(installed.includes(`/prefix/${name}\n`), name);
  const left = readdirSync(at('prefix'), { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    [],
  );
});

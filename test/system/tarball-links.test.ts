// install.sh of the tarball where something stands already: at every place that it writes to, and every directory on the way,
// one thing of each kind. What a link leads to is as it was, whatever becomes of the installation.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DISABLED_UNITS } from '../../scripts/package-tree.ts';
import { Scratch } from '../lab/child-module.ts';
import { seeded } from '../lab/seed.ts';
import { makeTarballSource, SHARED } from './tarball-source.ts';

const FILES = [
  ...['/prefix/bin/bussa', '/prefix/bin/knock', '/prefix/sbin/knockd'],
  ...SHARED.map((name) => `/prefix/share/${name}`),
  ...['knock', 'knockd'].map((name) => `/prefix/share/bash-completion/completions/${name}`),
  ...[
    '/etc/systemd/system/knockd.service',
    ...DISABLED_UNITS.map((name) => `/etc/systemd/system/${name}`),
    '/etc/knockd.conf',
    '/etc/default/knockd',
    '/etc/logrotate.d/knockd',
  ],
];

const DIRECTORIES = [
  ...['/prefix/bin', '/prefix/sbin', '/prefix/share', '/prefix/share/man', '/prefix/share/man/man8'],
  ...['/prefix/share/bash-completion/completions', '/prefix/share/doc/bussa'],
  ...['/etc/default', '/etc/systemd', '/etc/systemd/system', '/etc/logrotate.d'],
];

const AT_A_FILE = [
  'null',
  'file',
  'directory',
  'dangling',
  'hard',
  'foreign',
  'is-directory',
  'fifo',
] as const;
const AT_A_DIRECTORY = ['null', 'file', 'directory', 'dangling', 'foreign'] as const;

/** Those that did harm, and two more of each run's own. */
const some = <T>([first, ...rest]: readonly T[], seed: number): readonly (T | undefined)[] => {
  const at = (seed >>> 0) % rest.length;
  return [first, rest[at], rest[(at + 1) % rest.length]];
};

/** A root of its own as far as the script looks, in which /dev/null may be broken. */
const APART = `set -eu
at=$1 place=$2 kind=$3
mount -t tmpfs none /run
mount -t tmpfs none "$at/stage"
cd "$at/stage"
mkdir etc etc/default etc/logrotate.d dev prefix victims victims/directory
cp /etc/ld.so.cache etc/
echo victim >victims/file
echo victim >victims/directory/bussa
chmod 600 victims/file victims/directory/bussa
mknod -m 666 dev/null c 1 3
mount --bind dev /dev
mount --bind etc /etc
place=$at/stage$place
mkdir -p "\${place%/*}"
case $place in */stage/etc/default | */stage/etc/logrotate.d) rmdir "$place" ;; esac
case $kind in
  null) ln -s /dev/null "$place" ;;
  file) ln -s "$at/stage/victims/file" "$place" ;;
  directory) ln -s "$at/stage/victims/directory" "$place" ;;
  dangling) ln -s "$at/stage/victims/none" "$place" ;;
  hard) ln victims/file "$place" ;;
  foreign) case $4 in yes) mkdir "$place" ;; *) echo theirs >"$place" ;; esac; chown 65534:65534 "$place" ;;
  is-directory) mkdir "$place" ;;
  fifo) mkfifo "$place" ;;
esac
see() { find "$@" ! -name file -printf '%P %y %m %U %l\\n' | LC_ALL=C sort; }
victims() { find victims -printf '%p %y %m %U %T@\\n' | LC_ALL=C sort; cat victims/file victims/directory/*; stat -c '%F %a' /dev/null; }
victims >"$at/before"
see prefix etc >"$at/tree-before"
status=0
timeout 60 sh "$at/source/install.sh" --prefix "$at/stage/prefix" >"$at/said" 2>&1 || status=$?
victims >"$at/after"
cmp "$at/before" "$at/after"
if [ "$status" -ne 0 ]; then
  see prefix etc >"$at/tree-after"
  diff "$at/tree-before" "$at/tree-after"
fi
[ -e "$place" ] || [ -L "$place" ]
[ "$kind" != null ] || [ "\${place%/system/knockd.service}" = "$place" ] || [ "$(readlink "$place")" = /dev/null ]
timeout 60 sh "$at/source/install.sh" --prefix "$at/stage/prefix" --uninstall >>"$at/said" 2>&1
victims >"$at/after"
cmp "$at/before" "$at/after"
cat "$at/said"
echo "status $status"`;

describe('install.sh follows no link that it has not made', () => {
  let scratch: Scratch;
  let directory: string;

  before(() => {
    scratch = new Scratch();
    directory = path.dirname(makeTarballSource(scratch));
    mkdirSync(path.join(directory, 'stage'));
  });
  after(() => scratch[Symbol.dispose]());

  function run(place: string, kind: string | undefined, isDirectory: boolean): string {
    const words = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--propagation', 'private'];
    const args = ['sh', '-c', APART, 'sh', directory, place, kind ?? '', isDirectory ? 'yes' : 'no'];
    return execFileSync('unshare', [...words, ...args], { encoding: 'utf8', stdio: 'pipe' });
  }

  for (const place of FILES) {
    test(`at ${place}`, (t) => {
      for (const kind of some(AT_A_FILE, seeded(t).seed)) {
        const said = run(place, kind, false);
        if (place.startsWith('/etc/')) assert.match(said, /^status 0$/m, `${kind}: ${said}`);
      }
    });
  }

  for (const place of DIRECTORIES)
    test(`on the way, at ${place}`, (t) => {
      for (const kind of some(AT_A_DIRECTORY, seeded(t).seed)) {
        const said = run(place, kind, true);
        if (kind === 'foreign') assert.match(said, /^status 0$/m, said);
        else assert.ok(said.includes(place), `${kind}: ${said}`);
      }
    });

  test('a masked service stays masked, and a message says so', () => {
    assert.match(
      run('/etc/systemd/system/knockd.service', 'null', false),
      /knockd is masked and stays masked/,
    );
  });
});

import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DISABLED_UNITS } from '../../scripts/package-tree.ts';
import type { Scratch } from '../lab/child-module.ts';
import { repository } from '../lab/scratch-clone.ts';

/** Some of what the tarball has below `share`. */
export const SHARED = [
  'man/man8/bussa.8.gz',
  'doc/bussa/examples/ipv6.conf',
  'bash-completion/completions/bussa',
];

/** The unpacked tarball with its own install.sh, and a small program in the place of the large one. Returns its directory. */
export function makeTarballSource(scratch: Scratch): string {
  const at = (name: string): string => scratch.file(`source/${name}`);
  for (const file of ['bin/bussa', ...SHARED.map((name) => `share/${name}`)]) {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), '#!/bin/sh\necho bussa\n');
  }
  chmodSync(at('bin/bussa'), 0o755);
  for (const [from, to] of [
    ['tarball/install.sh', 'install.sh'],
    ['debian/knockd.conf', 'etc/knockd.conf'],
    ['default-knockd', 'etc/default-knockd'],
    ['knockd.service', 'etc/knockd.service'],
    ...DISABLED_UNITS.map((name) => [name, `etc/${name}`] as const),
    ['knockd.logrotate', 'etc/knockd.logrotate'],
    ['knockd-commands.conf', 'etc/knockd-commands.conf'],
  ] as const)
    cpSync(path.join(repository, 'packaging', from), at(to));
  return scratch.file('source');
}

// The tarball, with its install.sh.

import path from 'node:path';
import { type Packing, pack } from './package-common.ts';
import { addShared, DISABLED_UNITS, PackageTree, packagedUnit } from './package-tree.ts';
import { ARCHITECTURES } from './target.ts';

/** Packs what it has put into a directory below `work`. */
export function packTarball(packing: Packing, work: string): string {
  const { architecture, executable, epoch, to, version } = packing;
  const name = `bussa-${version}-linux-${ARCHITECTURES[architecture].node}`;
  const tree = new PackageTree(path.join(work, name));
  tree.copyExecutable(executable, 'bin/bussa');
  tree.link('bussa', 'bin/knock');
  tree.link('../bin/bussa', 'sbin/knockd');
  addShared(tree, 'share');
  tree.write('etc/knockd.service', packagedUnit('/usr/local/sbin/knockd'));
  for (const name of DISABLED_UNITS) tree.copy(`packaging/${name}`, `etc/${name}`);
  tree.copy('packaging/debian/knockd.conf', 'etc/knockd.conf');
  tree.copy('packaging/default-knockd', 'etc/default-knockd');
  tree.copy('packaging/knockd.logrotate', 'etc/knockd.logrotate');
  tree.copy('packaging/knockd.init', 'etc/knockd.init', 0o755);
  tree.copy('packaging/knockd-commands.conf', 'etc/knockd-commands.conf');
  tree.copy('packaging/tarball/install.sh', 'install.sh', 0o755);
  tree.copy('LICENSE', 'LICENSE');
  const file = path.join(to, `${name}.tar.gz`);
  const owner = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${epoch}`];
  const format = ['--format=gnu', '--use-compress-program=gzip -6n'];
  pack('tar', [...owner, ...format, '-cf', file, '-C', work, name], packing);
  return file;
}

// The rpm: the files of the Debian package, its description, and scripts of its own. rpmbuild runs nothing of the package.

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Packing, pack } from './package-common.ts';
import { addSystem, PackageTree, read } from './package-tree.ts';
import { ARCHITECTURES } from './target.ts';

/** rpm keeps a file of these that the administrator has changed, and never asks. */
const CONFIGURATION: Readonly<Record<string, { readonly from: string; readonly mode: number }>> = {
  // Sequences are secrets.
  '/etc/knockd.conf': { from: 'packaging/debian/knockd.conf', mode: 0o600 },
  '/etc/default/knockd': { from: 'packaging/default-knockd', mode: 0o644 },
  '/etc/logrotate.d/knockd': { from: 'packaging/knockd.logrotate', mode: 0o644 },
};

/** Directories that other packages have too are not this one's. */
const OWN_DIRECTORIES = ['/usr/share/bussa', '/usr/share/doc/bussa', '/usr/share/licenses/bussa'];

const SCRIPTS = ['post', 'preun', 'postun'];

/** Packs what it has put below the directory `at`. */
export function packRpm(packing: Packing, at: string): string {
  const { architecture, executable, to, version } = packing;
  const { rpm } = ARCHITECTURES[architecture];
  const files = path.join(at, 'files');
  const tree = new PackageTree(files);
  addSystem(tree, executable, 'usr/lib/systemd/system');
  tree.compress(read('CHANGELOG.md'), 'usr/share/doc/bussa/CHANGELOG.md');
  tree.copy('LICENSE', 'usr/share/licenses/bussa/LICENSE');
  for (const [place, { from, mode }] of Object.entries(CONFIGURATION)) tree.copy(from, place.slice(1), mode);
  writeFileSync(path.join(at, 'bussa.spec'), renderSpec(version, files));
  const macros = {
    ...{
      _topdir: at,
      _rpmdir: at,
      _build_name_fmt: 'made.rpm',
      _buildhost: 'localhost',
      _dbpath: `${at}/db`,
    },
    ...{ use_source_date_epoch_as_buildtime: '1', clamp_mtime_to_source_date_epoch: '1' },
    // Fedora 31, RHEL 8 and openSUSE 15.2 read it; it takes a tenth of the time of xz.
    _binary_payload: 'w9.zstdio',
    // Nothing strips the executable, which would break it, and nothing looks for what it needs: another machine's is not read.
    ...{
      debug_package: '%{nil}',
      _build_id_links: 'none',
      __os_install_post: '%{nil}',
      __strip: '/bin/true',
    },
  };
  const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  const args = ['--quiet', '-bb', '--target', `${rpm}-linux`, ...defines, path.join(at, 'bussa.spec')];
  mkdirSync(path.join(at, 'BUILD'), { recursive: true });
  pack('rpmbuild', args, packing, at);
  const file = path.join(to, `bussa-${version}-1.${rpm}.rpm`);
  copyFileSync(path.join(at, 'made.rpm'), file);
  return file;
}

function renderSpec(version: string, files: string): string {
  const [, summary = '', text = ''] =
    /^Description: (.*)\n((?: .*\n)+)/m.exec(read('packaging/debian/control')) ?? [];
  const description = text.replaceAll(/^ \.?/gm, '');
  const scripts = SCRIPTS.map((name) => `%${name}\n${read(`packaging/rpm/${name}`)}`).join('\n');
  return `${read('packaging/rpm/head.spec').replace('@VERSION@', version.replaceAll('-', '~')).replace('@SUMMARY@', summary)}
%description
${description}
%install
mkdir -p %{buildroot}
cp -a ${files}/. %{buildroot}/

${scripts}
%files
%defattr(-,root,root,-)
${listFiles(files).join('\n')}
`;
}

function listFiles(files: string): readonly string[] {
  const entries = readdirSync(files, { recursive: true, withFileTypes: true }).filter(
    (one) => !one.isDirectory(),
  );
  const names = entries
    .map(({ parentPath, name }) => `/${path.relative(files, path.join(parentPath, name))}`)
    .sort();
  const lines = names.map((name) => (name in CONFIGURATION ? `%config(noreplace) ${name}` : name));
  return [...OWN_DIRECTORIES.map((name) => `%dir ${name}`), ...lines];
}

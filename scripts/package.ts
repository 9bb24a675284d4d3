// node scripts/package.ts [--version VERSION] [--to DIRECTORY] [--executable FILE]: bussa_VERSION_ARCHITECTURE.deb and
// bussa-VERSION-linux-MACHINE.tar.gz. The same sources make the same bytes.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { addShared, PackageTree, packagedUnit, read, root } from './package-tree.ts';

const USAGE = `usage: npm run package [-- OPTIONS]

      --to DIRECTORY     write the packages there (default dist)
      --version VERSION  call them that (default: what package.json says)
      --executable FILE  pack this one, do not build it

SOURCE_DATE_EPOCH is the time that the archives' files have.`;

const { values } = parseArgs({
  options: {
    version: { type: 'string' },
    to: { type: 'string' },
    executable: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const VERSION = values.version ?? (JSON.parse(read('package.json')) as { readonly version: string }).version;

/** By what Node.js calls the machine. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm'];

/** reproducible-builds.org: the moment that stands in archives; of the last release where nothing else is said. */
const EPOCH = process.env.SOURCE_DATE_EPOCH ?? '1795392000';

async function main(to: string): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'bussa-package-'));
  try {
    const executable = values.executable ?? path.join(to, 'bussa');
    if (values.executable === undefined) await build(to);
    mkdirSync(to, { recursive: true });
    console.log(packDebian(path.join(work, 'debian'), executable, to));
    console.log(packTarball(work, executable, to));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function packDebian(at: string, executable: string, to: string): string {
  const tree = new PackageTree(at);
  tree.copyExecutable(executable, 'usr/bin/bussa');
  tree.link('bussa', 'usr/bin/knock');
  tree.link('../bin/bussa', 'usr/sbin/knockd');
  addShared(tree, 'usr/share', executable);
  for (const name of ['knock', 'knockd']) tree.link('bussa', `usr/share/bash-completion/completions/${name}`);
  tree.write('lib/systemd/system/knockd.service', packagedUnit('/usr/sbin/knockd'));
  // What postinst puts in its place: nothing below /etc is dpkg's, which would ask about the administrator's files.
  tree.copy('packaging/debian/knockd.conf', 'usr/share/bussa/knockd.conf');
  for (const name of ['default-knockd', 'knockd.logrotate', 'knockd.init', 'knockd-commands.conf'])
    tree.copy(`packaging/${name}`, `usr/share/bussa/${name}`);
  tree.write('usr/share/bussa/take-over.sh', takeOver());
  tree.copy('packaging/debian/copyright', 'usr/share/doc/bussa/copyright');
  tree.copy('packaging/debian/lintian-overrides', 'usr/share/lintian/overrides/bussa');
  tree.compress(renderDebianChangelog(), 'usr/share/doc/bussa/changelog');
  tree.compress(read('CHANGELOG.md'), 'usr/share/doc/bussa/CHANGELOG.md');
  addControl(tree, at);
  const file = path.join(to, `bussa_${VERSION}_${architecture()}.deb`);
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', at, file]);
  return file;
}

function addControl(tree: PackageTree, at: string): void {
  const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  const kib = names.reduce((sum, name) => sum + Math.ceil(statSync(name).size / 1024), 0);
  const sums = names.map((name) => `${md5(name)}  ${path.relative(at, name)}`);
  const control = read('packaging/debian/control')
    .replace('@VERSION@', VERSION)
    .replace('@ARCHITECTURE@', architecture())
    .replace('@SIZE@', String(kib));
  tree.write('DEBIAN/control', control);
  tree.write('DEBIAN/md5sums', sums.map((line) => `${line}\n`).join(''));
  for (const name of SCRIPTS) tree.copy(`packaging/debian/${name}`, `DEBIAN/${name}`, 0o755);
}

function packTarball(work: string, executable: string, to: string): string {
  const name = `bussa-${VERSION}-linux-${process.arch}`;
  const tree = new PackageTree(path.join(work, name));
  tree.copyExecutable(executable, 'bin/bussa');
  tree.link('bussa', 'bin/knock');
  tree.link('../bin/bussa', 'sbin/knockd');
  addShared(tree, 'share', executable);
  tree.write('etc/knockd.service', packagedUnit('/usr/local/sbin/knockd'));
  tree.copy('packaging/debian/knockd.conf', 'etc/knockd.conf');
  tree.copy('packaging/default-knockd', 'etc/default-knockd');
  tree.copy('packaging/knockd.logrotate', 'etc/knockd.logrotate');
  tree.copy('packaging/knockd.init', 'etc/knockd.init', 0o755);
  tree.copy('packaging/knockd-commands.conf', 'etc/knockd-commands.conf');
  tree.copy('packaging/tarball/install.sh', 'install.sh', 0o755);
  tree.copy('LICENSE', 'LICENSE');
  const file = path.join(to, `${name}.tar.gz`);
  const owner = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${EPOCH}`];
  run('tar', [...owner, '--format=gnu', '--use-compress-program=gzip -9n', '-cf', file, '-C', work, name]);
  return file;
}

/** What both packages do about a knockd that they replace; install.sh has to be whole by itself. */
function takeOver(): string {
  const script = read('packaging/tarball/install.sh');
  const [, part] = /^# ---- take-over: .*\n([\s\S]*)^# ---- end of take-over/m.exec(script) ?? [];
  if (part === undefined) throw new Error('install.sh has no part for the take-over');
  return `# shellcheck shell=sh\n${part}`;
}

/** What a Debian package's changelog has to be; what has changed is in CHANGELOG.md beside it. */
function renderDebianChangelog(): string {
  const date = new Date(Number(EPOCH) * 1000).toUTCString().replace('GMT', '+0000');
  return `bussa (${VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- Bussa contributors <bussa@users.noreply.github.com>  ${date}\n`;
}

function architecture(): string {
  const name = ARCHITECTURES[process.arch];
  if (name === undefined) throw new Error(`no package is made for ${process.arch}: build on x64 or arm64`);
  return name;
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex');
}

function run(program: string, args: readonly string[]): void {
  const env = { PATH: process.env.PATH, SOURCE_DATE_EPOCH: EPOCH, LC_ALL: 'C' };
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
}

if (values.help === true) console.log(USAGE);
else await main(path.resolve(values.to ?? path.join(root, 'dist')));

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from './scratch-clone.ts';

export const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  readonly version: string;
};

const dist = path.join(repository, 'dist');

/** What `npm run package` has made for that architecture. */
export const packageFor = (architecture: 'amd64' | 'arm64'): string =>
  path.join(dist, `bussa_${version}_${architecture}.deb`);
export const rpmFor = (machine: 'x86_64' | 'aarch64'): string =>
  path.join(dist, `bussa-${version}-1.${machine}.rpm`);

/** And for this machine's. */
export const PACKAGE = packageFor(process.arch === 'x64' ? 'amd64' : 'arm64');
export const TARBALL = path.join(dist, `bussa-${version}-linux-${process.arch}.tar.gz`);

/** The same package with a later number, as the file `to`. */
export function makeNextVersion(to: string): void {
  const work = mkdtempSync('/var/tmp/bussa-packages-');
  try {
    const tree = path.join(work, 'next');
    execFileSync('dpkg-deb', ['-R', PACKAGE, tree]);
    const control = path.join(tree, 'DEBIAN/control');
    writeFileSync(
      control,
      readFileSync(control, 'utf8').replace(/^Version: .*/m, `Version: ${version}+next`),
    );
    execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '-b', tree, to], { stdio: 'ignore' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE, TARBALL } from '../lab/packages.ts';
import { copyClone, repository } from '../lab/scratch-clone.ts';
import { type NewcomerStage, readme } from './newcomer-stage.ts';

const TOP = '';
const FIVE_MINUTES = 'Hide SSH in five minutes';
const PACKAGES = 'Packages';
/** Of what a clone holds after its set-up, besides Node.js and the compilers. */
const MOST_MB = 200;

export type Way = {
  /** What ends in `bussa init`. */
  readonly init: string;
  /** A command of README.md in the words of this way. */
  readonly says: (text: string) => string;
};

export type WayName = 'package' | 'tarball' | 'clone' | 'npm package';

const asPrinted = (text: string): string => text;
/** README.md has the names of Debian's package for amd64. */
const here = (text: string): string =>
  process.arch === 'x64' ? text : text.replaceAll('_amd64.deb', '_arm64.deb').replaceAll('-x64', '-arm64');
const lineOf = (text: string, begin: string): string =>
  text.split('\n').find((line) => line.startsWith(begin)) ?? assert.fail(`no line "${begin}" in ${text}`);

export const WAYS: Readonly<Record<WayName, (stage: NewcomerStage) => Promise<Way>>> = {
  package: async ({ system }) => {
    cpSync(PACKAGE, system.file(path.join('/root', path.basename(PACKAGE))));
    const first = readme(TOP, 'sh server package');
    // The first screen and the five minutes say the same.
    assert.deepEqual(
      first.trim().split(' && '),
      readme(FIVE_MINUTES, 'sh server package').trim().split('\n'),
    );
    assert.ok(
      first.startsWith(lineOf(readme(PACKAGES, 'sh server packages'), 'apt ').split(' #')[0]?.trim() ?? '?'),
    );
    return { init: `cd; ${here(first)}`, says: asPrinted };
  },

  tarball: async (stage) => {
    cpSync(TARBALL, stage.system.file(path.join('/root', path.basename(TARBALL))));
    await stage.install('sudo', 'libatomic1', 'libpcap0.8', 'libnftables1');
    const line = here(lineOf(readme(PACKAGES, 'sh server packages'), 'tar '));
    return { init: `cd; ${line}\nbussa init`, says: asPrinted };
  },

  clone: async (stage) => {
    const { system } = stage;
    const [, git = ''] = /run `(apt-get [^`]+)` as root and clone/.exec(readmeText()) ?? [];
    await system.run('sh', '-ec', git);
    copyClone(system.file('/opt/bussa'), Date.now() / 1000, 0o022);
    stage.useRegistry();
    const inClone = (text: string): string =>
      text.replaceAll(/^(?=(?:bussa|knock) )/gm, 'cd /opt/bussa\nbin/');
    await assert.rejects(system.run('npm', '--version'), 'the system has no npm');
    return { init: readme(FIVE_MINUTES, 'sh server clone'), says: inClone };
  },

  'npm package': async (stage) => {
    const { system } = stage;
    await stage.install('libatomic1', 'libpcap0.8', 'libnftables1');
    installNode(system.file('/usr/local'));
    stage.useRegistry();
    const pack = path.join(repository, 'scripts/pack.sh');
    execFileSync('sh', [pack, '--silent', '--pack-destination', system.file('/root')], { stdio: 'pipe' });
    const [install = '', npx = ''] = readme(PACKAGES, 'sh server npm')
      .trim()
      .split(/ +# or, .*: /);
    assert.match(
      await system.run('sh', '-ec', `mkdir /root/empty; cd /root/empty; ${npx.replace('./', '../')}`),
      /usage: bussa/,
    );
    assert.equal(await system.run('ls', '-A', '/root/empty'), '');
    return { init: `cd; ${install}\nbussa init`, says: asPrinted };
  },
};

/** After the set-up. */
export async function assertSlim({ system }: NewcomerStage): Promise<void> {
  const excluded = ['node-linux-*', 'esbuild', '@esbuild', 'typescript', '@typescript'].map(
    (name) => `--exclude=${name}`,
  );
  const [megabytes = ''] = (await system.run('du', '-sm', ...excluded, '/opt/bussa')).split('\t');
  assert.ok(Number(megabytes) <= MOST_MB, `the clone has ${megabytes} MB after its set-up`);
}

const readmeText = (): string => readFileSync(path.join(repository, 'README.md'), 'utf8');

/** This Node.js and this machine's npm, as an administrator gets them from nodejs.org. */
function installNode(prefix: string): void {
  copyFileSync(process.execPath, path.join(prefix, 'bin/node'));
  const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
  const directory = path.join(path.dirname(npm), '..');
  cpSync(directory, path.join(prefix, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['npm', 'npx'])
    execFileSync('ln', ['-s', `../lib/node_modules/npm/bin/${name}-cli.js`, path.join(prefix, 'bin', name)]);
}

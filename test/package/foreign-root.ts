import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { bootstrap, OUTPUT, SUITE } from './bootstrap.ts';

const exec = promisify(execFile);
const LIBRARIES = ['libatomic1', 'libstdc++6', 'libpcap0.8', 'libdbus-1-3'];
const QEMU = 'qemu-aarch64-static';

/** debootstrap's first stage: nothing is configured. */
const STAGE_ONE = ['--foreign', '--arch=arm64', `--include=${LIBRARIES.join()}`];

/** The files of Debian 12 for arm64 in a directory, with QEMU in it to run its programs. Nothing of it is configured. */
export class ForeignRoot implements Disposable {
  readonly path: string;

  private constructor(directory: string) {
    this.path = directory;
  }

  /** `cache`: a directory in which the files are kept for the next time. */
  static async create(cache: string): Promise<ForeignRoot> {
    const kept = path.join(cache, `${SUITE}-arm64.tar`);
    if (!existsSync(kept)) await bootstrap(kept, STAGE_ONE, unpackArchives);
    const foreign = new ForeignRoot(mkdtempSync('/var/tmp/bussa-arm64-'));
    await exec('tar', ['-xf', kept, '-C', foreign.path], OUTPUT);
    const { stdout } = await exec('sh', ['-c', `command -v ${QEMU}`]);
    copyFileSync(stdout.trim(), foreign.file(`/${QEMU}`));
    return foreign;
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  async unpack(archive: string): Promise<void> {
    await unpack(archive, this.path);
  }

  /** Runs bussa under that name, and returns what it says. */
  async run(name: string, ...words: readonly string[]): Promise<string> {
    const args = [this.path, `/${QEMU}`, '-0', name, '/usr/bin/bussa', ...words];
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const { stdout, stderr } = await exec('chroot', args, { ...OUTPUT, env });
    return stdout + stderr;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

async function unpackArchives(directory: string): Promise<void> {
  const archives = path.join(directory, 'var/cache/apt/archives');
  for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb')))
    await unpack(path.join(archives, name), directory);
  rmSync(archives, { recursive: true });
  // In the first stage debootstrap may make it a link to /proc, and so to itself in the chroot.
  const proc = path.join(directory, 'proc');
  if (lstatSync(proc).isSymbolicLink()) rmSync(proc);
  mkdirSync(proc, { recursive: true });
}

/** dpkg-deb -x would put a directory in the place of /lib, a link. */
async function unpack(archive: string, to: string): Promise<void> {
  const script = 'dpkg-deb --fsys-tarfile "$0" | tar -x --keep-directory-symlink -C "$1"';
  await exec('sh', ['-c', script, archive, to], OUTPUT);
}

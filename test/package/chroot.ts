import { execFile } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Namespace } from '../lab/namespace.ts';
import { archiveOf, type Suite } from './bare-system.ts';
import { OUTPUT } from './bootstrap.ts';

const exec = promisify(execFile);
const PLACE = '/var/tmp/bussa-debian-';

/**
 * A bare Debian or Ubuntu in a directory, gone with its test. Its mounts are those of the mount namespace that this runs
 * in.
 */
export class DebianChroot implements AsyncDisposable {
  readonly path: string;

  private constructor(directory: string) {
    this.path = directory;
  }

  /** `cache`: a directory in which the bare system is kept for the next time. */
  static async create(cache: string, suite: Suite = 'bookworm'): Promise<DebianChroot> {
    sweepLeftovers();
    const kept = await archiveOf(suite, cache);
    const chroot = new DebianChroot(mkdtempSync(`${PLACE}${process.pid}-`));
    await exec('tar', ['-xf', kept, '-C', chroot.path], OUTPUT);
    await exec('mount', ['-t', 'proc', 'proc', chroot.file('/proc')]);
    await exec('mount', ['-t', 'devpts', '-o', 'ptmxmode=0666', 'devpts', chroot.file('/dev/pts')]);
    await chroot.run('ln', '-sf', 'pts/ptmx', '/dev/ptmx');
    writeFileSync(chroot.file('/etc/resolv.conf'), readFileSync('/etc/resolv.conf'));
    return chroot;
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  write(name: string, text: string, mode = 0o644): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text, { mode });
  }

  append(name: string, text: string): void {
    appendFileSync(this.file(name), text);
  }

  exists(name: string): boolean {
    return existsSync(this.file(name));
  }

  /** As the words of a command line that runs a program inside, wherever that line is run. */
  command(...words: readonly string[]): [string, ...string[]] {
    const env = [
      'env',
      '-i',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'LC_ALL=C',
      'DEBIAN_FRONTEND=noninteractive',
    ];
    return ['chroot', this.path, ...env, ...words];
  }

  /** Runs it in the network of this process, and returns what it says; its failure is an error with all of that. */
  async run(...words: readonly string[]): Promise<string> {
    const [program, ...args] = this.command(...words);
    return this.#run(program, args);
  }

  /**
   * The same in another network namespace, and in no other mount namespace, as `ip netns exec` would: inside, programs find
   * each other by their files.
   */
  async runIn(namespace: Namespace, ...words: readonly string[]): Promise<string> {
    return this.#run('nsenter', [`--net=/run/netns/${namespace.name}`, ...this.command(...words)]);
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await exec(program, args, OUTPUT);
    return stdout + stderr;
  }

  /** Makes it a machine with an init system, as Debian's scripts look for one: SysV's, in runlevel 2. Nothing of it runs. */
  async boot(): Promise<void> {
    await this.run('apt-get', '-qq', 'update');
    await this.run('apt-get', '-qq', 'install', '-y', '--no-install-recommends', 'sysvinit-core');
    writeFileSync(this.file('/run/utmp'), inRunlevel('2'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killInside(this.path);
    for (const name of ['/proc', '/dev/pts']) await exec('umount', ['--recursive', this.file(name)]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Of tests that were killed before they could clean up; their mounts have gone with them. */
function sweepLeftovers(): void {
  const [directory, prefix] = [path.dirname(PLACE), path.basename(PLACE)];
  for (const name of readdirSync(directory).filter((one) => one.startsWith(prefix))) {
    if (existsSync(`/proc/${Number.parseInt(name.slice(prefix.length), 10)}`)) continue;
    killInside(path.join(directory, name));
    rmSync(path.join(directory, name), { recursive: true, force: true });
  }
}

/** What packages have started inside, cron for one. */
function killInside(directory: string): void {
  for (const name of readdirSync('/proc').filter((one) => /^[0-9]+$/.test(one))) {
    try {
      if (readlinkSync(`/proc/${name}/root`) === directory) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** utmp(5): `struct utmp` of x86-64 and arm64, in which init writes the runlevel and the one before. */
function inRunlevel(level: string): Uint8Array {
  const RUN_LVL = 1;
  const record = Buffer.alloc(384);
  record.writeInt16LE(RUN_LVL, 0);
  record.writeInt32LE(('N'.charCodeAt(0) << 8) | level.charCodeAt(0), 4);
  record.write('~', 8);
  record.write('~~', 40);
  record.write('runlevel', 44);
  return record;
}

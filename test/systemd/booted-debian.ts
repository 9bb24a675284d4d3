import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Namespace } from '../lab/namespace.ts';
import { PATIENCE_MS, Program } from '../lab/program.ts';
import { repository } from '../lab/scratch-clone.ts';
import { bareDebian } from './bare-debian.ts';

const exec = promisify(execFile);
const BOOT = path.join(import.meta.dirname, 'boot.sh');
const SCRATCH = '/var/tmp';

/** Where the clone is seen inside. */
export const CLONE = '/opt/bussa';

const INSIDE = [
  ...['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ...['HOME=/root', 'TERM=dumb', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'],
];

let created = 0;

/**
 * A Debian 12 that systemd has booted in namespaces of its own, on the network namespace that it was given. What it
 * writes, it keeps over its reboots, and loses with the test.
 */
export class BootedDebian implements AsyncDisposable {
  readonly #network: Namespace;
  readonly #system: string;
  readonly #changes: string;
  readonly #cgroup: string;
  #machine: Program | undefined;
  /** In the pid namespace of the test. */
  #init = 0;

  private constructor(network: Namespace, system: string) {
    created += 1;
    const name = `bussa-debian-${process.pid}-${created}`;
    this.#network = network;
    this.#system = system;
    this.#changes = mkdtempSync(path.join(SCRATCH, `${name}-`));
    this.#cgroup = path.join(cgroupRoot(), name);
    mkdirSync(this.#cgroup);
  }

  static async boot(network: Namespace): Promise<BootedDebian> {
    sweepLeftovers();
    const debian = new BootedDebian(network, await bareDebian());
    try {
      await debian.#boot();
      return debian;
    } catch (error) {
      await debian[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a program inside and returns what it says; its failure is an error with all of that. */
  async run(...words: readonly string[]): Promise<string> {
    const { stdout, stderr } = await exec('nsenter', this.#enter(words), { maxBuffer: 64 * 1024 * 1024 });
    return stdout + stderr;
  }

  async status(...words: readonly string[]): Promise<number> {
    const { code } = await this.start(...words).exited;
    return code ?? -1;
  }

  start(...words: readonly string[]): Program {
    return new Program('nsenter', this.#enter(words));
  }

  /** A file inside, as this process can open it. */
  file(name: string): string {
    return path.join(`/proc/${this.#init}/root`, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  write(name: string, text: string, mode = 0o600): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text, { mode });
  }

  link(target: string, name: string): void {
    symlinkSync(target, this.file(name));
  }

  /** In good order, as an administrator does it. */
  async reboot(): Promise<void> {
    await this.run('systemctl', 'reboot').catch(() => undefined);
    await this.#machine?.exited;
    await this.#boot();
  }

  /** Nothing is told that it ends. */
  async cutPower(): Promise<void> {
    process.kill(this.#init, 'SIGKILL');
    await this.#machine?.exited;
    await this.#boot();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machine?.[Symbol.asyncDispose]();
    await removeCgroup(this.#cgroup);
    rmSync(this.#changes, { recursive: true, force: true });
  }

  /** A start of the machine has an identity of its own, a clock that counts from it, and no rule in its firewall. */
  async #boot(): Promise<void> {
    await this.#network.run('nft', 'flush', 'ruleset');
    const bootId = path.join(this.#changes, 'boot-id');
    writeFileSync(bootId, `${randomUUID()}\n`);
    this.#machine = new Program('sh', [
      ...[BOOT, this.#network.name, this.#cgroup, this.#system, this.#changes, bootId],
      ...[repository, CLONE],
    ]);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      this.#init = onlyChild(this.#machine.pid) ?? 0;
      const state = this.#init === 0 ? '' : await this.#isRunning();
      if (state.trim() === 'running') return;
      if (performance.now() > deadline || !this.#machine.running)
        throw new Error(`systemd does not come up (${state}): ${this.#machine.output}`);
      await delay(50);
    }
  }

  async #isRunning(): Promise<string> {
    const { stdout, stderr } = await exec('nsenter', this.#enter(['systemctl', 'is-system-running'])).catch(
      (error: { readonly stdout: string; readonly stderr: string }) => error,
    );
    return stdout + stderr;
  }

  #enter(words: readonly string[]): string[] {
    return ['-a', '-t', `${this.#init}`, ...INSIDE, ...words];
  }
}

/** The process that unshare(1) has made. */
function onlyChild(pid: number): number | undefined {
  try {
    const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

function cgroupRoot(): string {
  const [, place] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8')) ?? [];
  if (place === undefined)
    throw new Error('systemd needs cgroups of version 2: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified');
  return place;
}

/** Its processes are dead, or about to be: each level can go when the last of them has. */
async function removeCgroup(cgroup: string): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await delay(20)) {
    try {
      return removeEmpty(cgroup);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || performance.now() > deadline) throw error;
    }
  }
}

function removeEmpty(cgroup: string): void {
  for (const entry of readdirSync(cgroup, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(path.join(cgroup, entry.name));
  rmdirSync(cgroup);
}

/** Of test processes that were killed before they could clean up. */
function sweepLeftovers(): void {
  for (const place of [SCRATCH, cgroupRoot()]) {
    for (const name of readdirSync(place)) {
      const [, pid] = /^bussa-debian-(\d+)-/.exec(name) ?? [];
      if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
      const leftover = path.join(place, name);
      if (place !== SCRATCH) removeEmpty(leftover);
      else if (statSync(leftover).uid === 0) rmSync(leftover, { recursive: true, force: true });
    }
  }
}

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { WorkDirectory } from '../lab/knockd.ts';
import { withMounts } from './mount-prefixes.ts';

/**
 * Starts of the machine, for the programs behind `prefix`: each has an identity of its own, and a clock that counts
 * from it (time_namespaces(7)).
 */
export class Boots {
  readonly #directory: WorkDirectory;
  #id: string;
  #offset = 0;
  #count = 0;

  constructor(directory: WorkDirectory) {
    this.#directory = directory;
    this.#id = directory.file('boot-id', `${randomUUID()}\n`);
  }

  get prefix(): string[] {
    const mounts = withMounts([[this.#id, '/proc/sys/kernel/random/boot_id']]);
    return [...mounts, 'unshare', '-T', '--boottime', `${this.#offset}`, '--'];
  }

  /** The machine is restarted, `sinceBoot` seconds ago. */
  reboot(sinceBoot: number): void {
    this.#count++;
    this.#id = this.#directory.file(`boot-id-${this.#count}`, `${randomUUID()}\n`);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    this.#offset = Math.round(sinceBoot - uptime);
  }
}

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

const FILLING = 'filling';

/** A disk of its own at a directory, which only programs behind `prefix` see, and which can be filled to the last byte. */
export class SmallDisk implements AsyncDisposable {
  readonly prefix: readonly string[];
  readonly #holder: Program;
  readonly #path: string;

  private constructor(holder: Program, path: string) {
    this.#holder = holder;
    this.#path = path;
    this.prefix = ['nsenter', '-t', `${holder.pid}`, '-m', '--'];
  }

  static async mount(namespace: Namespace, path: string, kib: number): Promise<SmallDisk> {
    // `ip netns exec` gives the holder mounts of its own; they end with the last process that has them.
    const script = `mount -t tmpfs -o size=${kib}k,mode=700 tmpfs "$0" && echo mounted && exec cat`;
    const holder = namespace.start('sh', '-c', script, path);
    await holder.saw(/mounted/);
    return new SmallDisk(holder, path);
  }

  /** Until a write of one byte fails. */
  fill(): void {
    const fd = openSync(this.#file, 'a');
    try {
      for (let bytes = 64 * 1024; bytes >= 1; bytes = bytes === 1 ? 0 : bytes / 8) {
        const block = Buffer.alloc(bytes);
        while (writes(fd, block));
      }
    } finally {
      closeSync(fd);
    }
  }

  free(): void {
    rmSync(this.#file, { force: true });
  }

  get #file(): string {
    return join(`/proc/${this.#holder.pid}/root`, this.#path, FILLING);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder[Symbol.asyncDispose]();
  }
}

/** Whether there was room for it. */
function writes(fd: number, block: Buffer): boolean {
  try {
    writeSync(fd, block);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

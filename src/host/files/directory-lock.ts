import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { libc } from '../ffi/libc.ts';
import { lastError } from '../ffi/system-call-error.ts';

/** <sys/file.h>: an exclusive lock, without waiting. */
const LOCK_EX_NB = 2 | 4;

/** A process that holds the lock only briefly has released it by then. */
const PATIENCE_MS = 500;
const LOOK_EVERY_MS = 20;
const WAITING = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Exclusive use of a directory, by flock(2), until it is released or the process ends in any way. */
export class DirectoryLock {
  #fd: number | undefined;

  /**
   * `held`: another process has it. If the path is now another directory, that one is locked. A file system without
   * such locks excludes nobody. Throws with the system's reason.
   */
  acquire(path: string): 'taken' | 'held' {
    if (this.#fd !== undefined && isSame(this.#fd, path)) return 'taken';
    const fd = openSync(path, 'r');
    if (!locks(fd, path)) {
      closeSync(fd);
      return 'held';
    }
    this.release();
    this.#fd = fd;
    return 'taken';
  }

  release(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function locks(fd: number, path: string): boolean {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    if (libc.flock(fd, LOCK_EX_NB) === 0) return true;
    const { code } = lastError('flock', path);
    if (code !== 'EWOULDBLOCK' && code !== 'EAGAIN') return true;
    if (waited >= PATIENCE_MS) return false;
    Atomics.wait(WAITING, 0, 0, LOOK_EVERY_MS);
  }
}

function isSame(fd: number, path: string): boolean {
  const [mine, there] = [fstatSync(fd), statSync(path)];
  return mine.dev === there.dev && mine.ino === there.ino;
}

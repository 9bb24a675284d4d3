import { dlopen } from 'node:ffi';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** linux/memfd.h */
const MFD_CLOEXEC = 1;

/** hier(7): in memory, where there is one. */
const SCRATCH = ['/dev/shm', '/run'] as const;

/** A module as process.dlopen fills it. */
type Loaded = { exports: unknown };

/**
 * Loads a native addon out of memory: no file is written, so a read-only disk or a /tmp without the right to run is no
 * obstacle. Node.js has no way of its own to do that but a virtual file system, which takes 12 ms of every start.
 */
export function loadAddon(name: string, image: Uint8Array): unknown {
  if (!existsSync('/proc/self/fd')) return loadByFile(name, image);
  const fd = memoryFile(name);
  try {
    for (let at = 0; at < image.length; ) at += writeSync(fd, image, at);
    return load(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

function load(path: string): unknown {
  const loaded: Loaded = { exports: {} };
  process.dlopen(loaded, path);
  return loaded.exports;
}

/** Without /proc what lies in memory has no name: then it is a file, in a directory of this process's alone, for that moment. */
function loadByFile(name: string, image: Uint8Array): unknown {
  const place = SCRATCH.find(isWritable) ?? tmpdir();
  const directory = mkdtempSync(join(place, 'bussa-'));
  try {
    const path = join(directory, `${name}.node`);
    writeFileSync(path, image, { mode: 0o700 });
    return load(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** memfd_create(2). koffi, which calls the kernel for everything else, is what is to be loaded. */
function memoryFile(name: string): number {
  const { functions } = dlopen('libc.so.6', {
    memfd_create: { arguments: ['string', 'uint32'], return: 'int32' },
  });
  const fd = functions.memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) {
    const error = new Error(`memfd_create: the kernel gives no memory file for ${name}`);
    throw Object.assign(error, { code: 'ERR_NO_MEMORY_FILE', syscall: 'memfd_create' });
  }
  return fd;
}

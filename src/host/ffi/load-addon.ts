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

/** hier(7): in memory, if they exist. */
const SCRATCH = ['/dev/shm', '/run'] as const;

/** A module object for process.dlopen. */
type Loaded = { exports: unknown };

/**
 * Loads a native addon from memory. No file is written, so a read-only disk or a noexec /tmp does not matter. Node.js's
 * own way is a virtual file system, which adds 12 ms to every start.
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

/** Without /proc a memory file has no path. Then a private directory holds a file for a moment. */
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

/** memfd_create(2), called without koffi, which is what is being loaded. */
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

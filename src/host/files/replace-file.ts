import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PLATFORM } from '../platform/platform.ts';
import { syncDirectory } from './sync-directory.ts';
import { withPath } from './with-path.ts';

/**
 * Replaces a file's content, completely or not at all, even through a power failure. Owner and mode stay. Throws with
 * the system's reason; the file is then unchanged.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  // A symbolic link stays a link.
  const target = realpathSync(path);
  const { mode, uid, gid } = statSync(target);
  const draft = `${target}.bussa-${process.pid}`;
  // A crash may have left the draft, and in a container every daemon may have the same pid.
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    const made = fstatSync(fd);
    // Only called if it changes something: a service may not be allowed the call.
    if (made.uid !== uid || made.gid !== gid) fchownSync(fd, uid, gid);
    fchmodSync(fd, mode & 0o7777);
    fsyncSync(fd);
    renameSync(draft, target);
  } catch (error) {
    unlinkSync(draft);
    throw withPath(error, path);
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(target), PLATFORM);
}

/** Overwrites one byte in place, which needs no disk space. */
export function overwriteByte(path: string, offset: number, byte: number): void {
  const fd = openSync(path, 'r+');
  try {
    writeSync(fd, Uint8Array.of(byte), 0, 1, offset);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

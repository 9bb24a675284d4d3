import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PLATFORM } from '../platform/platform.ts';
import { syncDirectory } from './sync-directory.ts';

/**
 * Makes a file of mode 0600, whole or not at all, also through a power failure. One that is there is left as it is
 * (EEXIST), or, where `backup` names a place for it, kept there under that name (EEXIST if that is taken). Throws with
 * the system's reason.
 */
export function createFile(path: string, bytes: Uint8Array, backup?: string): void {
  const draft = `${path}.bussa-${process.pid}`;
  // A crash may have left it, and in a container every process has the same number.
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    if (backup === undefined) {
      // Unlike rename(2), link(2) never puts a file in the place of another.
      linkSync(draft, path);
      unlinkSync(draft);
    } else {
      linkSync(path, backup);
      renameSync(draft, path);
    }
  } catch (error) {
    unlinkSync(draft);
    throw error;
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path), PLATFORM);
}

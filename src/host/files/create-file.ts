import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PLATFORM } from '../platform/platform.ts';
import { syncDirectory } from './sync-directory.ts';
import { withPath } from './with-path.ts';

/**
 * Creates a file of mode 0600, completely or not at all, even through a power failure. An existing file is left
 * unchanged (EEXIST) or, if `backup` is given, renamed to that (EEXIST if it exists). Throws with the system's reason.
 */
export function createFile(path: string, bytes: Uint8Array, backup?: string): void {
  const draft = `${path}.bussa-${process.pid}`;
  // A crash may have left the draft, and in a container every process may have the same pid.
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
    if (backup === undefined) {
      // Unlike rename(2), link(2) never replaces a file.
      linkSync(draft, path);
      unlinkSync(draft);
    } else {
      linkSync(path, backup);
      renameSync(draft, path);
    }
  } catch (error) {
    unlinkSync(draft);
    throw withPath(error, path);
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path), PLATFORM);
}

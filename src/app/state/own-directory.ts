import { statSync } from 'node:fs';
import { makeDirectory } from '../../host/files/make-directory.ts';

export function isOwnDirectory(path: string): boolean {
  try {
    assertOwnDirectory(path);
    return true;
  } catch {
    return false;
  }
}

export function makeOwnDirectory(path: string): void {
  makeDirectory(path);
  assertOwnDirectory(path);
}

/** The rows hold commands that are run: nobody else may write them. */
export function assertOwnDirectory(path: string): void {
  const { uid, mode } = statSync(path);
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
    throw new Error(
      `the state directory ${path} belongs to another user or may be written by others, who could have commands ` +
        `run: chown and chmod 700 it once you know what is in it, or remove it`,
    );
  }
}

import { chmodSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';

/** Writes this process's pid, completely or not at all. Throws with the system's reason. */
export function writePidFile(path: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${process.pid}\n`, { mode: 0o644 });
    // Every user who asks for the service's state must be able to read it, whatever this process's umask.
    chmodSync(draft, 0o644);
    renameSync(draft, path);
  } catch (error) {
    removeQuietly(draft);
    throw error;
  }
}

/** Removes the file if it still holds this process's pid. */
export function removePidFile(path: string): void {
  try {
    if (readFileSync(path, 'utf8').trim() === String(process.pid)) unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never created. The first error is the one to report.
  }
}

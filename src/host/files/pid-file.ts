import { chmodSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';

/** Writes this process's number, whole or not at all. Throws with the system's reason. */
export function writePidFile(path: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${process.pid}\n`, { mode: 0o644 });
    // Whoever asks for the state of the service reads it, whatever this process's umask.
    chmodSync(draft, 0o644);
    renameSync(draft, path);
  } catch (error) {
    removeQuietly(draft);
    throw error;
  }
}

/** Removes the file if it still names this process. */
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
    // It was never made; the first error is the one that is told.
  }
}

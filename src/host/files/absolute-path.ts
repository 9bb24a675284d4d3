import { resolve } from 'node:path';

/** Resolves the path from the root. It stays unchanged if this process's directory has been removed. */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch {
    return path;
  }
}

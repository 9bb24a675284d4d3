import { resolve } from 'node:path';

/** The path from the root; as it is written where this process's directory has been removed, and nothing begins there. */
export function absolutePath(path: string): string {
  try {
    return resolve(path);
  } catch {
    return path;
  }
}

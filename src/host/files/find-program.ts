import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The executable file that execvp(3) would run, or `undefined`. */
export function findProgram(name: string, path: string = process.env.PATH ?? ''): string | undefined {
  const candidates = name.includes('/')
    ? [name]
    : path.split(':').map((directory) => join(directory || '.', name));
  return candidates.find(isProgram);
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

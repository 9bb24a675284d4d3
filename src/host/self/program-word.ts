import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram } from '../files/find-program.ts';
import { isSelfContained, ownLauncher } from './own-program.ts';

/**
 * What the operator types to start a program of this version: its name, if the shell's PATH finds it, otherwise its
 * path. `launcher`: the URL of its file beside the sources.
 */
export function programWord(name: string, launcher: string): string {
  const own = isSelfContained() ? join(dirname(process.execPath), name) : ownLauncher(launcher);
  const found = findProgram(name);
  return found !== undefined && isSame(found, own) ? name : own;
}

/** Follows symbolic links. */
function isSame(a: string, b: string): boolean {
  try {
    const [one, other] = [realpathSync(a), realpathSync(b)];
    return one === other || (isSelfContained() && one === realpathSync(process.execPath));
  } catch {
    return false;
  }
}

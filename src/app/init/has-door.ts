import { readFileSync } from 'node:fs';

/** knockd.conf(5): any section but this one is a door. */
const DOOR = /^\s*\[(?!\s*options\s*\])/im;

/** Whether the file has a door, good or bad, as that of a package has none; one that cannot be read may have. */
export function hasDoor(configFile: string): boolean {
  try {
    return DOOR.test(readFileSync(configFile, 'latin1'));
  } catch {
    return true;
  }
}

import { lstatSync } from 'node:fs';
import { readWhole } from '../../host/files/read-whole.ts';

/** Comments, blank lines, and what every packaged file says. A setting that somebody has made is somebody's. */
const NOBODYS = /^\s*(?:#.*|\[\s*options\s*\]|UseSyslog)?\s*$/i;

/** Whether somebody has written something into the file, as nobody has into a package's; one that cannot be read may have. */
export function isEdited(configFile: string): boolean {
  try {
    if (!lstatSync(configFile).isFile()) return true;
    const text = Buffer.from(readWhole(configFile)).toString('latin1');
    return text.split('\n').some((line) => !NOBODYS.test(line));
  } catch {
    return true;
  }
}

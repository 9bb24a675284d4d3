import { lstatSync } from 'node:fs';
import { readWhole } from '../../host/files/read-whole.ts';

/** Comments, blank lines, and what every packaged file contains. Any other setting was made by somebody. */
const NOBODYS = /^\s*(?:#.*|\[\s*options\s*\]|UseSyslog)?\s*$/i;

/** Whether somebody has edited the file, unlike a packaged one. An unreadable file counts as edited. */
export function isEdited(configFile: string): boolean {
  try {
    if (!lstatSync(configFile).isFile()) return true;
    const text = Buffer.from(readWhole(configFile)).toString('latin1');
    return text.split('\n').some((line) => !NOBODYS.test(line));
  } catch {
    return true;
  }
}

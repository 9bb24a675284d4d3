import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { isSystemdRunning } from './systemd.ts';

/** systemd.unit(5), in its order; generator.late has units generated from init scripts. */
const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
];

/** How a service of this host is started: by systemd, by a script in /etc/init.d (of SysV or OpenRC), or not at all. */
export type InstalledService =
  | { readonly kind: 'none' }
  /** `masked`: the text of the unit behind the mask, '' if there is none. */
  | { readonly kind: 'unit' | 'masked' | 'script'; readonly text: string };

/** Only reads files. */
export function findInstalledService(name: string): InstalledService {
  if (!isSystemdRunning()) return findScript(name);
  let isMasked = false;
  for (const directory of UNIT_DIRECTORIES) {
    const path = `${directory}/${name}.service`;
    try {
      if (realpathSync(path) === '/dev/null') isMasked = true;
      else return { kind: isMasked ? 'masked' : 'unit', text: readFileSync(path, 'utf8') };
    } catch {
      // It does not exist.
    }
  }
  return isMasked ? { kind: 'masked', text: '' } : { kind: 'none' };
}

function findScript(name: string): InstalledService {
  const path = `/etc/init.d/${name}`;
  try {
    accessSync(path, constants.X_OK);
    return { kind: 'script', text: readFileSync(path, 'utf8') };
  } catch {
    return { kind: 'none' };
  }
}

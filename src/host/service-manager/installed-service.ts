import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { isSystemdRunning } from './systemd.ts';

/** systemd.unit(5), in its order; generator.late has what is made of init scripts. */
const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
];

/** How a service of this host is started: by systemd, by a script in /etc/init.d (SysV's or OpenRC's), or not at all. */
export type InstalledService =
  | { readonly kind: 'none' }
  /** `masked`: the text of the unit behind the mask, '' where there is none. */
  | { readonly kind: 'unit' | 'masked' | 'script'; readonly text: string };

/** Reads files, and asks nobody. */
export function findInstalledService(name: string): InstalledService {
  if (!isSystemdRunning()) return findScript(name);
  let isMasked = false;
  for (const directory of UNIT_DIRECTORIES) {
    const path = `${directory}/${name}.service`;
    try {
      if (realpathSync(path) === '/dev/null') isMasked = true;
      else return { kind: isMasked ? 'masked' : 'unit', text: readFileSync(path, 'utf8') };
    } catch {
      // Not there.
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

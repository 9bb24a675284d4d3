import { readFileSync } from 'node:fs';
import type { InstalledService } from '../../host/service-manager/installed-service.ts';

/** Debian's file with the options of the service, and the switch that has it start at all. */
export const DEFAULTS_FILE = '/etc/default/knockd';

const SWITCH = /^[ \t]*START_KNOCKD=(.*)$/gm;

/** What has to be changed in that file before the service starts; `undefined`: nothing. `value`: what stands there. */
export function startSwitch(
  service: InstalledService,
): { readonly value: string | undefined; readonly command: string } | undefined {
  // Units of others, Debian's own of knockd for one, never ask.
  if (service.kind === 'none' || !service.text.includes('START_KNOCKD')) return undefined;
  const written = readSwitch();
  // The last one counts. A shell ends the value at a blank, systemd.exec(5) does not.
  const plain = written?.trim().replace(/^(["'])(.*)\1$/, '$2');
  const value = service.kind === 'script' ? plain?.replace(/\s+#.*$/, '') : plain;
  if (value === '1' || (value === undefined && service.kind !== 'script')) return undefined;
  const command =
    value === undefined
      ? `echo START_KNOCKD=1 >> ${DEFAULTS_FILE}`
      : `sed -i 's/^[[:blank:]]*START_KNOCKD=.*/START_KNOCKD=1/' ${DEFAULTS_FILE}`;
  return { value, command };
}

function readSwitch(): string | undefined {
  try {
    return [...readFileSync(DEFAULTS_FILE, 'utf8').matchAll(SWITCH)].at(-1)?.[1];
  } catch {
    return undefined;
  }
}

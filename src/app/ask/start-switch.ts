import { readFileSync } from 'node:fs';
import type { InstalledService } from '../../host/service-manager/installed-service.ts';

/** Debian's file with the service's options and the switch that enables it. */
export const DEFAULTS_FILE = '/etc/default/knockd';

const SWITCH = /^[ \t]*START_KNOCKD=(.*)$/gm;

/** What to change in that file so that the service starts. `undefined`: nothing. `value`: the present value. */
export function startSwitch(
  service: InstalledService,
): { readonly value: string | undefined; readonly command: string } | undefined {
  // Other units do not read this switch, Debian's own knockd unit among them.
  if (service.kind === 'none' || !service.text.includes('START_KNOCKD')) return undefined;
  const written = readSwitch();
  // The last assignment counts. A shell ends the value at a blank, systemd.exec(5) does not.
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

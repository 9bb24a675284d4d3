import { accessSync, chmodSync, constants, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { WorkDirectory } from '../lab/knockd.ts';
import { withMounts } from './mount-prefixes.ts';

/** The programs behind all of the commands iptables and ip6tables. */
const MULTI = ['/usr/sbin/xtables-nft-multi', '/usr/sbin/xtables-legacy-multi'];

/**
 * A host whose iptables commands can be made to fail, for the programs behind `prefix`. Each
 * command is a script that fails with iptables' own status for it, or becomes the real one.
 */
export class FailingFirewall {
  readonly prefix: readonly string[];
  readonly #flag: string;

  constructor(directory: WorkDirectory) {
    this.#flag = directory.file('iptables-fails');
    const mounts = MULTI.filter(exists).map((program): [string, string] => {
      const copy = directory.file(`real-${basename(program)}`);
      copyFileSync(program, copy);
      // RESOURCE_PROBLEM of iptables(8).
      const text = `#!/bin/sh\n[ ! -e ${this.#flag} ] || { echo 'the test has it fail' >&2; exit 4; }\nexec ${copy} "\${0##*/}" "$@"\n`;
      return [script(directory, basename(program), text), program];
    });
    this.prefix = withMounts(mounts);
  }

  fail(): void {
    writeFileSync(this.#flag, '');
  }

  work(): void {
    rmSync(this.#flag, { force: true });
  }
}

function script(directory: WorkDirectory, name: string, text: string): string {
  const file = directory.file(name, text);
  chmodSync(file, 0o755);
  return file;
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

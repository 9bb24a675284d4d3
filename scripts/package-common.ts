// What all packages are made with.

import { execFileSync } from 'node:child_process';
import { read } from './package-tree.ts';
import type { Architecture } from './target.ts';

export type Packing = {
  readonly architecture: Architecture;
  readonly executable: string;
  /** The directory for the packages. */
  readonly to: string;
  readonly version: string;
  /** Seconds: the time that stands in the archives. */
  readonly epoch: string;
};

export const VERSION = (JSON.parse(read('package.json')) as { readonly version: string }).version;

/** reproducible-builds.org: the moment that stands in archives; of the last release where nothing else is said. */
export const EPOCH = process.env.SOURCE_DATE_EPOCH ?? '1795392000';

/** Runs a packer, with nothing of this machine's environment but where programs are. */
export function pack(
  program: string,
  args: readonly string[],
  { epoch }: Packing,
  home = '/nonexistent',
): void {
  const env = { PATH: process.env.PATH, HOME: home, SOURCE_DATE_EPOCH: epoch, LC_ALL: 'C', TZ: 'UTC' };
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
}

// node scripts/package.ts [OPTION…]: bussa_VERSION_ARCHITECTURE.deb, bussa-VERSION-1.MACHINE.rpm and
// bussa-VERSION-linux-MACHINE.tar.gz. The same sources make the same bytes.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { EPOCH, type Packing, VERSION } from './package-common.ts';
import { packDebian } from './package-debian.ts';
import { packRpm } from './package-rpm.ts';
import { packTarball } from './package-tarball.ts';
import { root } from './package-tree.ts';
import { step } from './step.ts';
import { type Architecture, isOwn, parseArchitecture } from './target.ts';

const USAGE = `usage: npm run package [-- OPTIONS]

      --arch NAME        for amd64 or arm64 (default: this machine's); may be given twice
      --to DIRECTORY     write the packages there (default dist)
      --version VERSION  call them that (default: what package.json says)
      --executable FILE  pack this one, do not build it

SOURCE_DATE_EPOCH is the time that the archives' files have.`;

const OPTIONS = {
  arch: { type: 'string', multiple: true },
  version: { type: 'string' },
  to: { type: 'string' },
  executable: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Writes the three packages, and returns their names. */
export async function packAll(packing: Packing): Promise<readonly string[]> {
  const work = mkdtempSync(path.join(tmpdir(), 'bussa-package-'));
  const { architecture, to } = packing;
  mkdirSync(to, { recursive: true });
  try {
    return [
      await step(`${architecture}: Debian package`, () => packDebian(packing, path.join(work, 'debian'))),
      await step(`${architecture}: rpm`, () => packRpm(packing, path.join(work, 'rpm'))),
      await step(`${architecture}: tarball`, () => packTarball(packing, work)),
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Builds the executable, this machine's in `to` and another one's in a directory below, and returns its name. */
export async function buildFor(architecture: Architecture, to: string): Promise<string> {
  const directory = isOwn(architecture) ? to : path.join(to, architecture);
  await build(directory, architecture);
  return path.join(directory, 'bussa');
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) return console.log(USAGE);
  const to = path.resolve(values.to ?? path.join(root, 'dist'));
  for (const architecture of (values.arch ?? [process.arch]).map(parseArchitecture)) {
    const executable = values.executable ?? (await buildFor(architecture, to));
    const packing = { architecture, executable, to, version: values.version ?? VERSION, epoch: EPOCH };
    for (const file of await packAll(packing)) console.log(file);
  }
}

if (import.meta.main) await main();

// node scripts/release.ts [DIRECTORY]: the packages for all architectures, the npm package, the bill of materials, the notes
// and SHA256SUMS, in the directory (dist/release), which is emptied first.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildFor, packAll } from './package.ts';
import { EPOCH, VERSION } from './package-common.ts';
import { read, root } from './package-tree.ts';
import { step } from './step.ts';
import { names } from './target.ts';

async function main(to: string): Promise<void> {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const architecture of names) {
    const executable = await buildFor(architecture, path.join(root, 'dist'));
    await packAll({ architecture, executable, to, version: VERSION, epoch: EPOCH });
  }
  await step('npm package', () => packNpm(to));
  await step('bill of materials', () => {
    writeFileSync(path.join(to, `bussa-${VERSION}.cdx.json`), fixed(billOfMaterials()));
  });
  writeFileSync(path.join(to, 'NOTES.md'), releaseNotes(read('CHANGELOG.md'), VERSION));
  writeFileSync(path.join(to, 'SHA256SUMS'), sums(to));
  process.stdout.write(read('SHA256SUMS', to));
}

function packNpm(to: string): void {
  const args = [path.join(root, 'scripts/pack.sh'), '--silent', '--pack-destination', to];
  execFileSync('sh', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function billOfMaterials(): string {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--sbom-type=application'];
  return execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

type Bill = {
  serialNumber?: string;
  readonly metadata: { timestamp: string; readonly component: { name: string } };
};

/** Without what is another at each run or in each directory: npm takes the time, a random number, and the directory's name. */
export function fixed(bill: string, epoch: string = EPOCH): string {
  const document = JSON.parse(bill) as Bill;
  document.metadata.timestamp = new Date(Number(epoch) * 1000).toISOString();
  document.metadata.component.name = 'bussa';
  delete document.serialNumber;
  const hash = createHash('sha256').update(JSON.stringify(document)).digest('hex');
  // RFC 9562, version 8: 122 bits of one's own choice.
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  document.serialNumber = `urn:uuid:${[...parts, hash.slice(20, 32)].join('-')}`;
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** What CHANGELOG.md says of that version. */
export function releaseNotes(changelog: string, version: string): string {
  const begin = changelog.indexOf(`\n## [${version}]`);
  if (begin < 0) throw new Error(`CHANGELOG.md has no heading "## [${version}]"`);
  const text = changelog.slice(begin + 1);
  const next = text.search(/\n(?:## |\[[^\]]+\]: )/);
  const own = next < 0 ? text : text.slice(0, next);
  return `# Bussa ${version}\n\n${own.slice(own.indexOf('\n')).trim()}\n`;
}

/** As sha256sum(1) writes and checks them. */
function sums(directory: string): string {
  const lines = readdirSync(directory).sort();
  const hash = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(path.join(directory, name)))
      .digest('hex');
  return lines.map((name) => `${hash(name)}  ${name}\n`).join('');
}

if (import.meta.main) await main(path.resolve(process.argv[2] ?? path.join(root, 'dist/release')));

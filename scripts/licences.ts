// node scripts/licences.ts: the packages of package-lock.json as a table in docs/supply-chain.md, in the place of the
// one that stands there.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const DOCUMENT = path.join(root, 'docs/supply-chain.md');
const BEGIN = '<!-- packages: written by scripts/licences.ts -->';
const END = '<!-- end of packages -->';

type LockedPackage = {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
};

/** By their places, those of others: what is not below node_modules, or only a link from there, is this repository's. */
export function readLock(text: string): ReadonlyMap<string, LockedPackage> {
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, LockedPackage>> };
  const all = Object.entries(packages);
  return new Map(all.filter(([place, { link }]) => place.startsWith('node_modules/') && link !== true));
}

/** The document with the table of these packages in it. */
export function withPackages(document: string, lock: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/supply-chain.md has no "${BEGIN}" or no "${END}"`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${renderTable(lock)}\n${document.slice(end)}`;
}

function renderTable(lock: string): string {
  const rows = [...readLock(lock)].map(([place, one]) => {
    const name = place.replace(/^.*node_modules\//, '');
    const use = `${one.dev === true ? 'development' : 'runs'}${one.optional === true ? ', its platform only' : ''}`;
    return `| \`${name}\` | ${one.version} | ${one.license ?? 'not stated'} | ${use} | ${one.hasInstallScript === true ? 'yes' : ''} |\n`;
  });
  return `| package | version | licence | use | install script |\n|---|---|---|---|---|\n${rows.join('')}`;
}

if (import.meta.main) {
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  writeFileSync(DOCUMENT, withPackages(readFileSync(DOCUMENT, 'utf8'), lock));
}

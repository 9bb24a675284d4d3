// npm run manual: what the pages below docs/man say of options and verbs, from the tables that --help is made from; what
// they and docs/configuration.md say of directives, from the tables that they are parsed by.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fillRegions } from '../src/cli/manual/manual-regions.ts';

const PAGES = join(import.meta.dirname, '../docs/man');

const files = [
  ...readdirSync(PAGES).map((name) => join(PAGES, name)),
  join(import.meta.dirname, '../docs/configuration.md'),
];

for (const file of files) {
  const page = readFileSync(file, 'utf8');
  const filled = fillRegions(page);
  if (filled === page) continue;
  writeFileSync(file, filled);
  console.log(`written: ${relative(join(import.meta.dirname, '..'), file)}`);
}

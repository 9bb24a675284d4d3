// npm run manual: what the pages below docs/man say of options and verbs, from the tables that --help is made from.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillRegions } from '../src/cli/manual/manual-regions.ts';

const PAGES = join(import.meta.dirname, '../docs/man');

for (const name of readdirSync(PAGES)) {
  const file = join(PAGES, name);
  const page = readFileSync(file, 'utf8');
  const filled = fillRegions(page);
  if (filled === page) continue;
  writeFileSync(file, filled);
  console.log(`written: docs/man/${name}`);
}

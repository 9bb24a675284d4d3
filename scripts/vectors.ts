// npm run vectors -- FILE…: judges files in the format of the design's vectors, and says which are not as expected.

import { readFileSync } from 'node:fs';
import type { Verdict } from './vector-fields.ts';
import { judgeCodes } from './vectors-codes.ts';
import { judgeSignedKnocks } from './vectors-signed.ts';
import { judgeSpa } from './vectors-spa.ts';

const JUDGES: readonly ((file: unknown) => readonly Verdict[] | undefined)[] = [
  judgeSignedKnocks,
  judgeCodes,
  judgeSpa,
];

process.exitCode = main(process.argv.slice(2));

function main(files: readonly string[]): number {
  if (files.length === 0) {
    console.error('usage: npm run vectors -- FILE…');
    return 2;
  }
  let status = 0;
  for (const file of files) status = Math.max(status, judgeFile(file));
  return status;
}

function judgeFile(file: string): number {
  let verdicts: readonly Verdict[] | undefined;
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    verdicts = JUDGES.map((judge) => judge(content)).find((one) => one !== undefined);
  } catch (error) {
    console.error(`${file}: ${(error as Error).message}`);
    return 2;
  }
  if (verdicts === undefined) {
    console.error(`${file}: these are no vectors of signed knocks, codes or SPA`);
    return 2;
  }
  if (verdicts.length === 0) {
    console.error(`${file}: there are no vectors in it`);
    return 2;
  }
  const wrong = verdicts.filter(({ found }) => found.length > 0);
  console.log(`${file}: ${verdicts.length - wrong.length} of ${verdicts.length} as expected`);
  for (const { name, found } of wrong) for (const one of found) console.log(`  ${name}: ${one}`);
  return wrong.length > 0 ? 1 : 0;
}

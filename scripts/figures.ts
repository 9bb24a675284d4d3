// Prints what the house measures: `npm run figures`. The rules are those of the tests.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { COMPOSITION, forwardReferences } from '../test/forward-references.ts';
import {
  casts,
  folderCycles,
  folderImports,
  lengthOf,
  MAX_LINES,
  readSources,
} from '../test/source-rules.ts';
import { readTokens } from '../test/source-scanner.ts';

const root = path.join(import.meta.dirname, '..');
const sources = readSources();

/** How many folders the longest chain of imports in `app` passes, and how many folders import which. */
function appGraph(): { readonly levels: number; readonly arrows: number } {
  const all = folderImports(sources);
  const folders = [...all.keys()].filter((folder) => isApp(folder));
  const next = (folder: string): string[] => [...(all.get(folder) ?? [])].filter(isApp);
  const heights = new Map<string, number>();
  const height = (folder: string): number => {
    const known = heights.get(folder);
    if (known !== undefined) return known;
    // Where there is a circle, the walk ends in it.
    heights.set(folder, 0);
    const own = 1 + Math.max(0, ...next(folder).map(height));
    heights.set(folder, own);
    return own;
  };
  const levels = Math.max(...folders.map(height));
  return { levels, arrows: folders.flatMap(next).length };
}

function isApp(folder: string): boolean {
  return folder === 'app' || folder.startsWith('app/');
}

/** As biome counts them, in lines that are not blank, with its rule for the length of functions set to one line. */
function longestFunction(): { readonly lines: number; readonly place: string } {
  const directory = mkdtempSync(path.join(tmpdir(), 'bussa-figures-'));
  try {
    const rule = { level: 'error', options: { maxLines: 1, skipBlankLines: true } };
    const rules = { preset: 'none', complexity: { noExcessiveLinesPerFunction: rule } };
    writeFileSync(path.join(directory, 'biome.json'), JSON.stringify({ linter: { rules } }));
    return longestIn(lint(directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** It ends with 1 where it has found something, which it always does here. */
function lint(config: string): string {
  const biome = path.join(root, 'node_modules/.bin/biome');
  const words = ['lint', `--config-path=${config}`, '--max-diagnostics=none', '--colors=off', 'src'];
  try {
    return execFileSync(biome, words, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    return stdout + stderr;
  }
}

function longestIn(said: string): { readonly lines: number; readonly place: string } {
  const found = [
    ...said.matchAll(/^(\S+:\d+):\d+ lint\/\S+[\s\S]*?This function has too many lines \((\d+)\)/gm),
  ].map(([, place = '', lines]) => ({ place, lines: Number(lines) }));
  const [longest] = found.sort((a, b) => b.lines - a.lines);
  if (longest === undefined) throw new Error(`biome has found no function at all: ${said.slice(0, 500)}`);
  return longest;
}

const { levels, arrows } = appGraph();
const { lines, place } = longestFunction();
const long = [...sources].filter(([, text]) => lengthOf(text) > MAX_LINES);
const forward = COMPOSITION.flatMap((file) =>
  forwardReferences(readTokens(readFileSync(path.join(root, file), 'utf8'))),
);
console.log(`folder circles:                      ${folderCycles(sources).length}`);
console.log(`levels of folders in app:            ${levels}`);
console.log(`arrows between folders of app:       ${arrows}`);
console.log(`longest function:                    ${lines} lines (${place})`);
console.log(`files of more than ${MAX_LINES} lines:         ${long.length}`);
console.log(`forward references in composition:   ${forward.length}`);
console.log(`casts of replies:                    ${casts(sources).length}`);

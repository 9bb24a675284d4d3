// Rules about single source files: their names, their lengths, and the names that they may not use.

import path from 'node:path';
import { lengthOf, MAX_LINES, resolve, type Sources } from './source-rules.ts';
import { isBarrel, readTokens } from './source-scanner.ts';

/** Names that would bring time, randomness, I/O or asynchrony into the pure floor. */
const IMPURE = new Set(
  'async await Promise process globalThis performance crypto console fetch setTimeout setInterval setImmediate queueMicrotask'.split(
    ' ',
  ),
);

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.tsx?$/;
const VAGUE_NAME = /^index\.ts$|(?:^|-)(?:utils?|helpers?|common|misc)\.ts$/;

/** esbuild leaves these imports unchanged, and a script inside the executable cannot resolve them at run time. */
export function lateImportsOfNode(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const tokens = readTokens(text);
    return tokens.flatMap(({ text: name }, index) => {
      const isLate = tokens[index - 1]?.text === '(' && tokens[index - 2]?.text === 'import';
      return isLate && /^['"]?node:/.test(name) ? [`${file}: ${name}`] : [];
    });
  });
}

export function impureNames(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    if (!file.startsWith('core/')) return [];
    const tokens = readTokens(text);
    return tokens.flatMap((token, index) => {
      if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return [];
      const next = [1, 2].map((ahead) => tokens[index + ahead]?.text ?? '').join('');
      const isNow = token.text === 'Date' && (next === '.now' || next === '()');
      const isChance = token.text === 'Math' && next === '.random';
      const isName = IMPURE.has(token.text) && !next.startsWith(':');
      return isNow || isChance || isName ? [`${file}: ${token.text}${isName ? '' : next}`] : [];
    });
  });
}

/** The chain of imports by which loading a file loads a package; empty: it does not. Types load nothing. */
export function loadedWith(sources: Sources, file: string, wanted: string): readonly string[] {
  const before = new Map([[file, '']]);
  for (const [one] of before) {
    for (const name of readLoads(sources.get(one) ?? '')) {
      if (name === wanted) return trailTo(one, before);
      const next = name.startsWith('.') ? resolve(one, name) : '';
      if (sources.has(next) && !before.has(next)) before.set(next, one);
    }
  }
  return [];
}

function trailTo(file: string, before: ReadonlyMap<string, string>): readonly string[] {
  const trail = [file];
  for (let one = before.get(file); one !== undefined && one !== ''; one = before.get(one)) trail.unshift(one);
  return trail;
}

/** What a file's own import and export statements load. Dynamic imports do not count. */
function readLoads(text: string): readonly string[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(?!type\b)(?:(\{[^}]*\}|[^'{]*?)\s*from\s+)?'([^']+)';/gm,
  );
  return [...statements].flatMap(([, names = '', name = '']) =>
    /^\{\s*(?:type\s[^,}]+,?\s*)+\}$/.test(names) ? [] : [name],
  );
}

/** Folders without a line in the map. */
export function unnamedFolders(sources: Sources, map: string): readonly string[] {
  const lines = new Set(map.split('\n').map((line) => line.split(' ')[0]));
  const folders = new Set([...sources.keys()].map((file) => `src/${path.posix.dirname(file)}/`));
  return [...folders].filter((folder) => !lines.has(folder));
}

export function wrongFiles(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const name = path.posix.basename(file);
    if (!KEBAB_CASE.test(name)) return [`${file}: not kebab-case.ts`];
    if (VAGUE_NAME.test(name)) return [`${file}: the name does not say what it holds`];
    if (isBarrel(text)) return [`${file}: only passes on what others hold`];
    return lengthOf(text) > MAX_LINES ? [`${file}: ${lengthOf(text)} lines`] : [];
  });
}

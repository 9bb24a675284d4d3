// What the tests of the house and its figures measure in the source.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readImports, readTokens } from './source-scanner.ts';

/** Path below `src`, with `/`, to the file's text. */
export type Sources = ReadonlyMap<string, string>;

/** No file of the source is longer. */
export const MAX_LINES = 250;

const root = path.join(import.meta.dirname, '..');

export function readSources(): Sources {
  const files = globSync('src/**/*.*', { cwd: root, exclude: ['**/page.css', '**/tsconfig.json'] }).sort();
  return new Map(
    files.map((file) => [file.slice('src/'.length), readFileSync(path.join(root, file), 'utf8')]),
  );
}

export const lengthOf = (text: string): number => text.split('\n').length - 1;

/** Where requests and answers are: there a type is known because it was read. */
const ANSWERS = /^\/(?:core\/control\/|app\/ask\/ask-daemon\.ts$)/;
const ENDS_OF_SOCKET = /^(?:cli\/|app\/(?:ask|daemon\/control|doctor|trial|watch|web)\/)/;
/** What was thrown, and names of fields that are written just there. */
const NO_ANSWER = new Set(['const', 'Error', 'NodeJS', 'keyof']);

/** `as T` in a file that has an answer in its hands. */
export function casts(sources: Sources): readonly string[] {
  return [...sources].flatMap(([file, text]) => {
    const names = readImports(text).map((name) => (name.startsWith('.') ? `/${resolve(file, name)}` : name));
    const inHands = file.startsWith('app/ask/') || names.some((name) => ANSWERS.test(name));
    if (!inHands || !ENDS_OF_SOCKET.test(file)) return [];
    const tokens = readTokens(
      text.replaceAll(/^(?:import|export) (?:type )?(?:\{[^}]*\}|\* as \w+) from .*$/gm, ''),
    );
    return tokens.flatMap((token, at) => {
      const next = tokens[at + 1];
      if (token.kind !== 'word' || token.text !== 'as' || next?.kind !== 'word') return [];
      return NO_ANSWER.has(next.text) ? [] : [`${file}: as ${next.text}`];
    });
  });
}

/** Each cycle once, from the file where the walk enters it. */
export function cycles(sources: Sources): readonly string[] {
  return walkCycles([...sources.keys()], (file) => importedFiles(file, sources.get(file) ?? ''));
}

/** Each cycle of folders once, from the folder where the walk enters it. */
export function folderCycles(sources: Sources): readonly string[] {
  const next = folderImports(sources);
  return walkCycles([...next.keys()], (folder) => [...(next.get(folder) ?? [])]);
}

/** Each folder with those that its files import, types too. */
export function folderImports(sources: Sources): ReadonlyMap<string, ReadonlySet<string>> {
  const next = new Map<string, Set<string>>();
  for (const [file, text] of sources) {
    const from = path.posix.dirname(file);
    const others = next.get(from) ?? new Set();
    for (const one of importedFiles(file, text)) others.add(path.posix.dirname(one));
    others.delete(from);
    next.set(from, others);
  }
  return next;
}

function importedFiles(file: string, text: string): readonly string[] {
  const names = readImports(text).filter((name) => /^\..*\.tsx?$/.test(name));
  return names.map((name) => resolve(file, name));
}

function walkCycles(from: readonly string[], next: (one: string) => readonly string[]): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (one: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(one);
    if (seenAt >= 0) found.push([...trail.slice(seenAt), one].join(' → '));
    if (seenAt >= 0 || done.has(one)) return;
    for (const other of next(one)) walk(other, [...trail, one]);
    done.add(one);
  };
  for (const one of from) walk(one, []);
  return found;
}

export function resolve(file: string, name: string): string {
  return path.posix.join(path.posix.dirname(file), name);
}

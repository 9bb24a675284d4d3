import { existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const corpus = path.join(import.meta.dirname, 'corpus');
const utf8 = new TextEncoder();

/** Each file of a folder below `corpus`, whole, in the order of their names. */
export function readCorpus(folder: string): readonly Uint8Array[] {
  const files = globSync('*', { cwd: path.join(corpus, folder) }).sort();
  return files.map((file) => Uint8Array.from(readFileSync(path.join(corpus, folder, file))));
}

/** The lines of a file below `corpus`: hexadecimal digits, white space for the reader, comments behind `#`. */
export function readHexCorpus(file: string): readonly Uint8Array[] {
  const lines = readFileSync(path.join(corpus, file), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const digits = line.replace(/#.*/, '').replaceAll(/\s/g, '');
    return digits === '' ? [] : [Uint8Array.from(Buffer.from(digits, 'hex'))];
  });
}

export const texts = (...list: readonly string[]): readonly Uint8Array[] =>
  list.map((text) => utf8.encode(text));

/** A directory of a target's own, in memory where there is such a place: a disk would take most of the time. */
export function makeScratch(): string {
  const memory = '/dev/shm';
  return mkdtempSync(path.join(existsSync(memory) ? memory : tmpdir(), 'bussa-fuzz-'));
}
